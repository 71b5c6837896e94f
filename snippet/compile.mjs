// The built files of the snippet from their source: a core, and parts that the collector puts into it or that it brings later.
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { minify } from 'terser'

/** The name in a core that the collector (or the npm package) replaces by a site's configuration. */
export const SLOT = '__PASSERBY__'
/** The name in a core in whose place the collector puts the parts that a site uses, with commas between them. */
export const PARTS_SLOT = '__PARTS__'

/** Cores by their file's name, each with what else is built into it: messages share too much with the core to be a part. */
const CORES = {
  passerby: [],
  'passerby-messages': ['./src/messages/runtime'],
}

/** Parts by name, `passerby-NAME.js`; `start` of the module is called with what the core shares. */
const PARTS = {
  captures: './src/captures/runtime',
  later: './src/later',
  vitals: './src/captures/vitals',
}

/**
 * What parts take from the core, by its place in this list, module by module. What has a state (the bus, the trace, the
 * visitor) is there once; what is shared costs the core two bytes. Never a `let` that changes: a part would keep its first value.
 */
const SHARED = {
  asked: ['cookieless'],
  config: ['config'],
  here: ['asOf', 'now'],
  identify: ['identify'],
  'lib/attempt': ['attempt'],
  'lib/bus': ['on'],
  'lib/genuine': ['genuine'],
  'lib/isUnder': ['isUnder'],
  'lib/list': ['each', 'first', 'has', 'pick'],
  'lib/listen': ['listen'],
  'lib/natives': ['exec', 'parse', 'stringify'],
  'lib/trace': ['add'],
  permission: ['refusal'],
  plainUrl: ['plainUrl'],
  report: ['report'],
  transport: ['tag', 'to'],
  visitor: ['read'],
}

/** Modules of `src` that are built into parts. */
const OWN = /^(captures\/|later$)/

export const cores = Object.keys(CORES)
export const parts = Object.keys(PARTS)

const shared = Object.entries(SHARED).flatMap(([module, names]) => names.map((name) => ({ module, name })))

/** Properties that never leave the core, nor come from anywhere else: their names may be any. */
const INTERNAL = /^(above|away|bytes|cleared|end|fragment|hear|settled|wait|wire)$/

/** A module of `src` by its name without the extension. */
const moduleOf = (path) => relative(join(import.meta.dirname, 'src'), path).slice(0, -3)

/** Puts other sources in the place of modules of `src`, named without their extension. */
const standIns = (sources) => ({
  name: 'stand-ins',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const contents = sources[moduleOf(path)]
      return contents === undefined ? undefined : { contents, loader: 'ts' }
    }),
})

/** Lets a part take the core's own instead of bringing a second one; what is not shared fails the build. */
const ofCore = {
  name: 'of-core',
  setup: ({ onLoad }) =>
    onLoad({ filter: /snippet\/src\/.*\.ts$/ }, ({ path }) => {
      const wanted = moduleOf(path)
      if (OWN.test(wanted)) return
      const names = shared.flatMap(({ module, name }, place) => (module === wanted ? `export const ${name} = /* @__PURE__ */ (() => core[${place}])()` : []))
      return names.length ? { contents: names.join('\n') } : { errors: [{ text: `${wanted} belongs to the core: name what is needed of it in SHARED` }] }
    }),
}

/** Lets the one library read the document as we do: past the images and forms that have the names of its properties. */
const genuine = {
  name: 'genuine',
  setup: ({ onLoad }) =>
    onLoad({ filter: /web-vitals\.js$/ }, async ({ path }) => ({
      contents: `import { genuine } from ${JSON.stringify(join(import.meta.dirname, 'src/lib/genuine'))}
        ${(await readFile(path, 'utf8')).replace(/\bdocument\.(\w+)/g, 'genuine(document, "$1")')}`,
    })),
}

/** One text with all that `contents` imports. */
const bundle = async (contents, plugins) => {
  const { outputFiles, warnings } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
    absWorkingDir: import.meta.dirname,
    bundle: true,
    charset: 'ascii',
    format: 'esm',
    legalComments: 'none',
    minifyIdentifiers: true,
    minifySyntax: true,
    plugins,
    target: 'es2021',
    tsconfigRaw: '{}',
    write: false,
  })
  // A name that a module does not have is undefined, says one of them: of a part, it is missing in SHARED.
  if (warnings.length) throw new Error(warnings.map(({ text, location }) => `${location?.file}: ${text}`).join('\n'))
  return outputFiles[0].text
}

/** esbuild bundles; terser, which looks further across functions, takes another twentieth off. */
const shorten = async (text, mangle) => {
  const { code } = await minify(text, {
    ecma: 2020,
    module: true,
    mangle,
    compress: { passes: 3, unsafe_arrows: true },
    format: { ascii_only: true },
  })
  return code.replace(/;$/, '')
}

/** A core by its file's name, as one block that runs, with both slots; `sources` stand in for some of its modules. */
export const compile = async (name = cores[0], sources = {}) => {
  const features = CORES[name].map((module, place) => `import { start as feature${place} } from '${module}'`)
  const imports = shared.map(({ module, name }, place) => `import { ${name} as shared${place} } from './src/${module}'`)
  const starts = [...features.map((_, place) => `feature${place}`), PARTS_SLOT]
  const entry = [`import { install } from './src/install'`, ...features, ...imports, `install([${shared.map((_, place) => `shared${place}`)}], ${starts})`]
  // The modules' own names, each at the beginning of a line, would leave the block below: esbuild's `var`, and functions.
  const text = (await bundle(entry.join('\n'), [standIns(sources)])).replace(/^var /gm, 'let ').replace(/^function (\w+)/gm, 'let $1 = function')
  // Chromium then compiles all of it beside the main thread, while it arrives, instead of each function when it is first called
  // (V8's compile hints). Whatever a page has broken before: nothing is thrown into it. The block is the scope of all names.
  return `//# allFunctionsCalledOnLoad\ntry{${await shorten(text, { properties: { regex: INTERNAL } })}}catch{}`
}

/** A part as an expression: a function of what the core shares, and of the page that was loaded if it comes later. */
export const compilePart = async (name, sources = {}) => {
  const text = await bundle(`import { start } from '${PARTS[name]}'\nstart(core, loaded)`, [standIns(sources), ofCore, genuine])
  return (await shorten(`export default (core, loaded) => {${text}}`, true)).replace(/^export default ?/, '')
}

/** A core with parts in it, as the collector serves it but for the configuration. */
export const assemble = (core, chosen = []) => core.replace(PARTS_SLOT, () => chosen.join())

/** Bytes as they are, after gzip -9, and after brotli 11. */
export const weigh = (text) => ({
  raw: Buffer.byteLength(text),
  gzip: gzipSync(text, { level: 9 }).length,
  brotli: brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
})
