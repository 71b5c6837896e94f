// Builds the files that the collector serves, and says what they weigh.
//   node build.mjs            writes them
//   node build.mjs --check    exits 1 when the committed ones are not what the source builds
//   node build.mjs --features says what each part of them weighs
import { readFile, writeFile } from 'node:fs/promises'
import { SLOT, compile, features, weigh } from './compile.mjs'
import { costs } from './costs.mjs'

/** Bytes after brotli 11: a byte more has to be argued for, here. */
const BUDGETS = {
  passerby: 7450,
  'passerby-messages': 11200,
  'passerby-captures': 9200,
  'passerby-messages-captures': 12850,
  'passerby-vitals': 10550,
  'passerby-messages-vitals': 14250,
  'passerby-captures-vitals': 12150,
  'passerby-messages-captures-vitals': 15750,
}

/** What a collector puts into the slot for most sites, so that the table can say what arrives. */
const CONFIGURATION = JSON.stringify({ k: 'wk_4fQ2mZxK7TnW9bVdAqPz0LkJ', d: ['shop.example'], c: 'passerby', g: 'cookieless' })

const target = (name) => new URL(`../collector/static/${name}.js`, import.meta.url)

/** Every choice of features, as the collector names the files: `passerby-messages`. */
const choices = features.reduce((all, feature) => [...all, ...all.map((chosen) => [...chosen, feature])], [[]])

const faults = []
const sizes = {}
for (const chosen of choices) {
  const name = ['passerby', ...chosen].join('-')
  const text = await compile(chosen)
  const budget = BUDGETS[name]
  sizes[name] = { ...weigh(text), budget, served: weigh(text.replace(SLOT, CONFIGURATION)).brotli }
  const slots = text.split(SLOT).length - 1
  if (slots !== 1) faults.push(`${name}: the slot ${SLOT} occurs ${slots} times, not once`)
  if (sizes[name].brotli > budget) faults.push(`${name}: ${sizes[name].brotli} bytes of brotli, ${budget} allowed`)
  if (process.argv.includes('--check')) {
    const committed = await readFile(target(name), 'utf8').catch(() => '')
    if (committed !== text) faults.push(`${name}: not what the source builds; run "npm run build"`)
  } else {
    await writeFile(target(name), text)
  }
}
console.table(sizes)
if (process.argv.includes('--features')) console.table(await costs())
faults.forEach((fault) => console.error(fault))
process.exitCode = faults.length ? 1 : 0
