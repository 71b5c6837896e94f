import * as permission from '../permission'
import { report } from '../report'

/** Report what was captured, and say whether it was. Without permission no refusal is told either: nobody has called anything. */
export const track = (event: string, properties: Record<string, unknown>): boolean =>
  !permission.refusal() && report('track', { event, properties })
