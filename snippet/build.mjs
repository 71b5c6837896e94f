// Builds the two files that the collector serves, and says what they weigh.
//   node build.mjs            writes them
//   node build.mjs --check    exits 1 when the committed ones are not what the source builds
import { readFile, writeFile } from 'node:fs/promises'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { minify } from 'terser'

const SLOT = '__PASSERBY__'

/** Bytes after brotli 11: a byte more has to be argued for, here. */
const BUNDLES = [
  { file: 'passerby.js', entry: 'src/index.ts', budget: 4000 },
  { file: 'passerby-messages.js', entry: 'src/index_messages.ts', budget: 9000 },
]

const here = (path) => new URL(path, import.meta.url)
const target = (file) => here(`../collector/static/${file}`)

const compile = async (entry) => {
  const { outputFiles } = await build({
    absWorkingDir: here('.').pathname,
    entryPoints: [entry],
    bundle: true,
    charset: 'ascii',
    format: 'iife',
    legalComments: 'none',
    minify: true,
    target: 'es2020',
    tsconfigRaw: '{}',
    write: false,
  })
  // esbuild bundles; terser, which looks further across functions, takes another twentieth off.
  const { code } = await minify(outputFiles[0].text, {
    ecma: 2020,
    compress: { passes: 3, sequences: false, unsafe_arrows: true },
    format: { ascii_only: true },
  })
  return code + '\n'
}

const weigh = (text) => ({
  raw: Buffer.byteLength(text),
  gzip: gzipSync(text, { level: 9 }).length,
  brotli: brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
})

const faults = []
const sizes = {}
for (const { file, entry, budget } of BUNDLES) {
  const text = await compile(entry)
  sizes[file] = { ...weigh(text), budget }
  const slots = text.split(SLOT).length - 1
  if (slots !== 1) faults.push(`${file}: the slot ${SLOT} occurs ${slots} times, not once`)
  if (sizes[file].brotli > budget) faults.push(`${file}: ${sizes[file].brotli} bytes of brotli, ${budget} allowed`)
  if (process.argv.includes('--check')) {
    const committed = await readFile(target(file), 'utf8').catch(() => '')
    if (committed !== text) faults.push(`${file}: not what the source builds; run "npm run build"`)
  } else {
    await writeFile(target(file), text)
  }
}
console.table(sizes)
faults.forEach((fault) => console.error(fault))
process.exitCode = faults.length ? 1 : 0
