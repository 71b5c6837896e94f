import { attempt } from './attempt'

/** What the browser says about itself; undefined where it does not know the question, or a page has made it throw. */
export const browser = (question: string): any => attempt(() => navigator[question as keyof Navigator])
