import { onCLS, onFCP, onINP, onLCP, onTTFB, type MetricType } from 'web-vitals'
import { each, first } from '../lib/list'
import { leaving } from './leaving'
import { track } from './track'

// How quickly a page came and how steadily it behaved, as Google's library measures it: what counts, when it is final, and
// which browser gets which of it wrong, is its business.

const RATINGS = ['poor', 'needs-improvement', 'good'] as const

/** When what is measured began: 0 for the load, later for a return from the back-forward cache, which is measured anew. */
let began = 0
let metrics: Record<string, MetricType> = {}
let told = false

const measured = (metric: MetricType) => {
  const { name, navigationStartTime = 0 } = metric
  if (began !== navigationStartTime) {
    began = navigationStartTime
    metrics = {}
    told = false
  }
  metrics[name.toLowerCase()] = metric
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
  told = track('web_vitals_measured', properties)
}

/** Measure from now on; what has happened before, the browser remembers. */
export const start = (): void => {
  each([onTTFB, onFCP, onLCP, onCLS, onINP], (on) => (on as typeof onCLS)(measured, { reportAllChanges: true }))
  leaving(tell)
}
