import { cookieless } from '../asked'
import { identify } from '../identify'
import { genuine } from '../lib/genuine'
import { first } from '../lib/list'
import * as permission from '../permission'
import * as visitor from '../visitor'
import { address, urlOf } from './address'
import { track } from './track'

const IDENTIFY = 'data-passerby-identify'
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/

/** The address in the field that the page has marked, or in the first one for addresses of a form that it has marked. */
const claimed = (form: HTMLFormElement): string => {
  const fields: HTMLCollectionOf<HTMLInputElement> = genuine(form, 'elements')
  const isMarked = (element: Element) => genuine(element, 'hasAttribute', IDENTIFY)
  const field = first(fields, isMarked) || (isMarked(form) && first(fields, ({ type }) => type === 'email'))
  const value = field && /^(email|text)$/.test(field.type) && field.value.trim()
  return value && EMAIL.test(value) ? value : ''
}

/** What a visitor says of themselves, where the site has asked for it: it never speaks for somebody who is logged in. */
const introduce = (email: string) => {
  if (email && !cookieless && !permission.refusal() && !visitor.read().user) identify([{ email }])
}

/** A form was submitted. Nothing of what was filled in is told, but for the address in a marked field. */
export const submitted = ({ submitter, target }: SubmitEvent): void => {
  const form = target as HTMLFormElement
  const said = (name: string): string | undefined => genuine(form, 'getAttribute', name) || undefined
  const action = urlOf((submitter && genuine(submitter, 'getAttribute', 'formaction')) || said('action') || location.href)
  track('form_submitted', { form_id: said('id'), form_name: said('name'), form_action: address(action) })
  introduce(claimed(form))
}
