import { attempt } from '../lib/attempt'
import type { Message } from '../types'

// When a message may appear: between two moments, on days of the week, at hours of the visitor's clock or of the site's.

const DAYS = ['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa']

/** Day of the week (0 is Sunday) and hour now, on the visitor's clock, or in a time zone. */
const reading = (now: Date, zone?: string) => {
  if (!zone) return [now.getDay(), now.getHours()]
  const said = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' }).format(now)
  // "Tue, 09" or "Tue 09".
  return [DAYS.indexOf(said.slice(0, 2).toLowerCase()), +said.slice(-2)]
}

/** Why not now; '' when nothing of the schedule is against it. */
export const schedule = ({ when }: Message): string => {
  // Not `Date.now()`, of which Datejs makes a `Date`.
  const now = new Date()
  // What is no time here is never now.
  if (when?.starts_at && !(+now >= Date.parse(when.starts_at))) return 'before_start'
  if (when?.ends_at && !(+now < Date.parse(when.ends_at))) return 'after_end'
  const hours = when?.hours
  if (!hours) return ''
  const read = attempt(() => reading(now, hours.zone))
  if (!read) return 'zone_unknown'
  const [day, hour] = read as [number, number]
  const { from = 0, to = 24, days } = hours
  // From 22 to 6: what is after midnight belongs to the day on which it began.
  const isPastMidnight = from >= to && hour < to
  const isIn = from < to ? hour >= from && hour < to : hour >= from || hour < to
  const name = DAYS[(day + (isPastMidnight ? 6 : 0)) % 7]!
  return isIn && (!days || days.includes(name)) ? '' : 'outside_hours'
}
