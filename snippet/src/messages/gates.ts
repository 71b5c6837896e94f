import { attempt } from '../lib/attempt'
import { genuine } from '../lib/genuine'
import { first, has, pick } from '../lib/list'
import { pageReason } from '../lib/pageReason'
import * as permission from '../permission'
import type { Message } from '../types'
import * as visitor from '../visitor'
import { recall } from './memory'
import { schedule } from './schedule'
import { pageHides } from './seen'
import { waits } from './triggers'

// Why a message does not appear, in the order in which it is asked; '' when nothing is against it. What this version does
// not know (another kind, trigger or fact) keeps a message hidden, because showing it to the wrong people cannot be undone.

const identity = ({ who }: Message) => {
  const wanted = who?.identity || 'anonymous'
  const { user } = visitor.read()
  if (wanted === 'anonymous' && user) return 'is_identified'
  return wanted === 'identified' && !user ? 'is_anonymous' : ''
}

const audience = ({ who }: Message) => {
  const condition = who?.all?.[0] || who?.none?.[0]
  return condition ? 'who:' + condition.fact : ''
}

/** Who may see it, and where: what must go on holding while it is shown. */
export const eligible = (message: Message): string =>
  permission.refusal() || schedule(message) || identity(message) || pageReason(message.where?.pages, location.href) || audience(message)

/** What the visitor has already done about it. */
export const answered = (message: Message): string => {
  const { dismissed, acted } = recall(message)
  const stopOn = message.often?.stop_on || ['dismiss', 'act']
  if (dismissed && has(stopOn, 'dismiss')) return 'dismissed'
  return acted && has(stopOn, 'act') ? 'acted' : ''
}

/** How often it has been seen: once unless it says otherwise, and never twice where nothing can be remembered. */
export const worn = (message: Message) => {
  const { often } = message
  const lifetime = often?.lifetime === undefined ? 1 : often.lifetime ?? Infinity
  if (recall(message).times >= (visitor.isPersistent() ? lifetime : 1)) return 'lifetime_reached'
  const cap = first(often?.caps || [], ({ max, per }) => shownWithin(message, MINUTES[per] || Infinity) >= max)
  return cap ? 'cap:' + cap.per : ''
}

const MINUTES: Record<string, number> = { PT1H: 60, P1D: 1440, P7D: 10080, P30D: 43200 }

/** A clock that was set back makes a showing one of this moment. */
const shownWithin = (message: Message, minutes: number) => pick(recall(message).when, (one) => (+new Date() / 60000 - one < minutes ? one : undefined)).length

/** Nothing of ours can be clicked or focused above a modal dialog of the page, nor is it wanted above what fills the screen. */
const hostDialog = () => (attempt(() => genuine(document, 'querySelector', ':modal')) ? 'host_dialog_open' : '')

/** Whether it may appear now. */
export const closedGate = (message: Message, overlayOpen: boolean): string =>
  (genuine(document, 'hidden') && 'hidden') ||
  eligible(message) ||
  answered(message) ||
  worn(message) ||
  waits(message) ||
  (overlayOpen ? 'overlay_open' : '') ||
  hostDialog() ||
  (pageHides() ? 'page_hidden' : '') ||
  (message.kind === 'banner' ? '' : 'kind_unknown')
