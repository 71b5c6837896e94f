import { onCLS, onFCP, onINP, onLCP, onTTFB, type MetricType } from 'web-vitals'
import * as here from '../here'
import { attempt } from '../lib/attempt'
import { genuine } from '../lib/genuine'
import { each, first } from '../lib/list'
import { plainUrl } from '../plainUrl'
import type { Place } from '../types'
import { leaving } from './leaving'
import { track } from './track'

// How quickly a page came and how steadily it behaved, as Google's library measures it: what counts, when it is final, and
// which browser gets which of it wrong, is its business.

/** Milliseconds in which a browser tells all that it has kept. */
const SOON = 100
const RATINGS = ['poor', 'needs-improvement', 'good'] as const

/** When what is measured began: 0 for the load, later for a return from the back-forward cache, which is measured anew. */
let began = 0
let metrics: Record<string, MetricType> = {}
let told = false
/** The page that was loaded, where this file came after it: an app may have gone on from there meanwhile. */
let place: Place | undefined

const isLeft = () => place && place.url !== plainUrl(location.href)

const measured = (metric: MetricType) => {
  const { name, navigationStartTime = 0 } = metric
  if (began !== navigationStartTime) {
    began = navigationStartTime
    metrics = {}
    told = false
    place = undefined
  }
  metrics[name.toLowerCase()] = metric
  // Nothing will happen to a page that was left, or hidden, before this file came: tell when the others that it has are here too.
  if (isLeft() || genuine(document, 'hidden')) setTimeout(() => attempt(tell), SOON)
}

/** Once for a page view, and not for a page that nobody has seen anything of. */
const tell = () => {
  if (told || !metrics.fcp) return
  const { lcp, cls, inp } = metrics
  const properties: Record<string, unknown> = { __proto__: null }
  each(Object.keys(metrics), (name) => {
    const unit = name === 'cls' ? 1e4 : 1
    properties[name] = Math.round(metrics[name]!.value * unit) / unit
  })
  properties.rating = first(RATINGS, (worst) => first([lcp, cls, inp], (metric) => metric && metric.rating === worst))
  const report = () => track('web_vitals_measured', properties)
  told = !!(isLeft() ? here.asOf({ ...place!, canonical: place!.url }, +new Date(), report) : report())
}

/** Measure from now on; what has happened before, the browser remembers. Of the page that was `loaded`, where this comes later. */
export const start = (_core: unknown, loaded?: Place): void => {
  place = loaded
  each([onTTFB, onFCP, onLCP, onCLS, onINP], (on) => (on as typeof onCLS)(measured, { reportAllChanges: true }))
  leaving(tell)
}
