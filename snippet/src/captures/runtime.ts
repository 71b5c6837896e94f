import { listen } from '../lib/listen'
import { engagement } from './engagement'
import { submitted } from './forms'
import { handoff } from './handoff'
import { LINK } from './href'
import { isOn } from './isOn'
import { followed } from './links'
import { MARKED, isEcho, marked } from './marks'
import { QUIETLY } from './quietly'
import { within } from './within'

// What a site lets the snippet report by itself.

const clicked = (event: MouseEvent) => {
  // The right button opens a menu.
  if (event.button > 1) return
  const link = within(event, LINK)
  const mark = isOn('data_attributes') && within(event, MARKED)
  // The middle button follows links and does nothing to anything else.
  if (mark && (link || !event.button) && !isEcho(event, mark)) marked(mark)
  if (link) followed(link)
}

const sent = (event: SubmitEvent) => {
  if (isOn('data_attributes')) marked(event.target as Element)
  if (isOn('form_submits')) submitted(event)
}

/** Listen for what is switched on. */
export const start = (): void => {
  listen(window, 'click auxclick', clicked, QUIETLY)
  listen(window, 'submit', sent, QUIETLY)
  engagement()
  handoff()
}
