// One bundle of the snippet from its source: minified text, and what it weighs.
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { minify } from 'terser'

/** The name in the bundle that the collector (or the npm package) replaces by a site's configuration. */
export const SLOT = '__PASSERBY__'

const FEATURES = {
  messages: `import * as messages from './src/messages/runtime'`,
  captures: `import * as captures from './src/captures/runtime'`,
  vitals: `import * as vitals from './src/captures/vitals'`,
}

/** What can be added to the core, in the order in which a file's name tells them. */
export const features = Object.keys(FEATURES)

const entry = (chosen) =>
  [`import { install } from './src/install'`, ...chosen.map((name) => FEATURES[name]), `install(${chosen.map((name) => name + '.start')})`].join('\n')

/** Properties that never leave the bundle, nor come from anywhere else: their names may be any. */
const INTERNAL = /^(above|away|bytes|cleared|end|fragment|hear|settled|wait|wire)$/

/** Puts other sources in the place of modules of `src`, named without their extension. */
const standIns = (sources) => ({
  name: 'stand-ins',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const contents = sources[relative(join(import.meta.dirname, 'src'), path).slice(0, -3)]
      return contents === undefined ? undefined : { contents, loader: 'ts' }
    }),
})

/** Lets the one library read the document as we do: past the images and forms that have the names of its properties. */
const genuine = {
  name: 'genuine',
  setup: ({ onLoad }) =>
    onLoad({ filter: /web-vitals\.js$/ }, async ({ path }) => ({
      contents: `import { genuine } from ${JSON.stringify(join(import.meta.dirname, 'src/lib/genuine'))}
        ${(await readFile(path, 'utf8')).replace(/\bdocument\.(\w+)/g, 'genuine(document, "$1")')}`,
    })),
}

/** The core with the chosen features, as one block that runs; `sources` stand in for some of its modules. */
export const compile = async (chosen = [], sources = {}) => {
  const { outputFiles } = await build({
    stdin: { contents: entry(chosen), resolveDir: import.meta.dirname, loader: 'ts' },
    absWorkingDir: import.meta.dirname,
    bundle: true,
    charset: 'ascii',
    format: 'esm',
    legalComments: 'none',
    minifyIdentifiers: true,
    minifySyntax: true,
    plugins: [standIns(sources), genuine],
    target: 'es2021',
    tsconfigRaw: '{}',
    write: false,
  })
  // The modules' own names, each at the beginning of a line, would leave the block below: esbuild's `var`, and functions.
  const names = outputFiles[0].text.replace(/^var /gm, 'let ').replace(/^function (\w+)/gm, 'let $1 = function')
  // esbuild bundles; terser, which looks further across functions, takes another twentieth off.
  const { code } = await minify(names, {
    ecma: 2020,
    module: true,
    mangle: { properties: { regex: INTERNAL } },
    compress: { passes: 3, unsafe_arrows: true },
    format: { ascii_only: true },
  })
  // Chromium then compiles all of it beside the main thread, while it arrives, instead of each function when it is first called
  // (V8's compile hints). Whatever a page has broken before: nothing is thrown into it. The block is the scope of all names.
  return `//# allFunctionsCalledOnLoad\ntry{${code.replace(/;$/, '')}}catch{}`
}

/** Bytes as they are, after gzip -9, and after brotli 11. */
export const weigh = (text) => ({
  raw: Buffer.byteLength(text),
  gzip: gzipSync(text, { level: 9 }).length,
  brotli: brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
})
