import { attempt } from './attempt'
import { owns } from './natives'

/** What the browser says about itself; undefined where it does not know the question, or a page has made it throw. */
export const browser = (question: string): any =>
  attempt(() => (owns(navigator, question) || owns(Navigator.prototype, question) ? navigator[question as keyof Navigator] : undefined))
