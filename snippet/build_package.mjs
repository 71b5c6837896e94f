// Builds what the npm package holds: one module with the core bundle in it, and its types.
//   node build_package.mjs            writes dist/
//   node build_package.mjs --check    exits 1 when the committed files are not what the source builds
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { SLOT, assemble, compile } from './compile.mjs'

const here = import.meta.dirname
const dist = join(here, 'dist')

const readJson = async (name) => JSON.parse(await readFile(join(here, name), 'utf8'))

/** The same core as the collector's, without parts, its slot for a parameter; a bundler drops it where only `load` is used. */
const core = async () => `const installCore = (${SLOT}) => {\n${assemble(await compile()).trim()}\n};\n`

const module = async () => {
  const { outputFiles } = await build({
    absWorkingDir: here,
    bundle: true,
    charset: 'ascii',
    entryPoints: ['src/package/index.ts'],
    format: 'esm',
    target: 'es2021',
    tsconfigRaw: '{}',
    write: false,
  })
  return (await core()) + outputFiles[0].text.replace(/^\/\/ .*\n/gm, '')
}

/** Declarations as the compiler writes them, of the files in `src/package` that the package's users see. */
const types = async () => {
  const out = await mkdtemp(join(tmpdir(), 'passerby-types-'))
  try {
    const tsc = join(here, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', join(here, 'tsconfig.package.json'), '--outDir', out], { stdio: 'inherit' })
    const names = ['index.d.ts', 'api.d.ts', 'options.d.ts']
    return await Promise.all(names.map(async (name) => [name, await readFile(join(out, 'package', name), 'utf8')]))
  } finally {
    await rm(out, { recursive: true })
  }
}

const faults = []
const { version } = await readJson('package.json')
if (!(await readFile(join(here, 'src/version.ts'), 'utf8')).includes(`'${version}'`)) faults.push(`package.json: ${version} is not the snippet's version`)
const wanted = new Map([['index.js', await module()], ...(await types())])
if (process.argv.includes('--check')) {
  const names = new Set([...wanted.keys(), ...(await readdir(dist).catch(() => []))])
  for (const name of names) {
    const committed = await readFile(join(dist, name), 'utf8').catch(() => undefined)
    if (committed !== wanted.get(name)) faults.push(`dist/${name}: not what the source builds; run "npm run build"`)
  }
} else {
  await rm(dist, { recursive: true, force: true })
  await mkdir(dist)
  for (const [name, text] of wanted) await writeFile(join(dist, name), text)
}
faults.forEach((fault) => console.error(fault))
process.exitCode = faults.length ? 1 : 0
