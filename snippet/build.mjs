// Builds the files that the collector serves, and says what they weigh.
//   node build.mjs            writes them
//   node build.mjs --check    exits 1 when the committed ones are not what the source builds
//   node build.mjs --features says what each part of them weighs
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { PARTS_SLOT, SLOT, assemble, compile, compilePart, cores, parts, weigh } from './compile.mjs'
import { costs } from './costs.mjs'

/** Bytes after brotli 11: a byte more has to be argued for, here. */
const BUDGETS = {
  passerby: 7550,
  'passerby-messages': 12600,
  'passerby-captures': 2050,
  'passerby-later': 300,
  'passerby-vitals': 3450,
}

/** What a collector puts into the slot for most sites, so that the table can say what arrives. */
const CONFIGURATION = JSON.stringify({ k: 'wk_4fQ2mZxK7TnW9bVdAqPz0LkJ', d: ['shop.example'], c: 'passerby', g: 'cookieless' })

const folder = new URL('../collector/static/', import.meta.url)
const isCheck = process.argv.includes('--check')

const faults = []
const sizes = {}
const texts = {}
for (const name of cores) texts[name] = await compile(name)
for (const name of parts) texts[`passerby-${name}`] = await compilePart(name)

for (const [name, text] of Object.entries(texts)) {
  const isCore = cores.includes(name)
  const budget = BUDGETS[name]
  sizes[name] = { ...weigh(text), budget, served: isCore ? weigh(assemble(text).replace(SLOT, CONFIGURATION)).brotli : undefined }
  for (const slot of [SLOT, PARTS_SLOT]) {
    const slots = text.split(slot).length - 1
    if (slots !== +isCore) faults.push(`${name}: the slot ${slot} occurs ${slots} times, not ${+isCore}`)
  }
  if (!(sizes[name].brotli <= budget)) faults.push(`${name}: ${sizes[name].brotli} bytes of brotli, ${budget} allowed`)
  const target = new URL(`${name}.js`, folder)
  if (isCheck) {
    const committed = await readFile(target, 'utf8').catch(() => '')
    if (committed !== text) faults.push(`${name}: not what the source builds; run "npm run build"`)
  } else {
    await writeFile(target, text)
  }
}
for (const file of await readdir(folder)) {
  if (!/^passerby.*\.js$/.test(file) || texts[file.slice(0, -3)]) continue
  if (isCheck) faults.push(`${file}: nothing builds it any longer; run "npm run build"`)
  else await rm(new URL(file, folder))
}
console.table(sizes)
if (process.argv.includes('--features')) console.table(await costs())
faults.forEach((fault) => console.error(fault))
process.exitCode = faults.length ? 1 : 0
