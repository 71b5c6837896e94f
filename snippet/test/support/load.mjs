import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const built = new Map()

const compile = async (path) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/' + path, import.meta.url))],
    bundle: true,
    format: 'iife',
    globalName: 'exported',
    target: 'es2020',
    write: false,
  })
  return outputFiles[0].text
}

/** Run a source file with its own state and its own globals (those of one page), and return what it exports. */
export const load = async (path, globals = {}) => {
  if (!built.has(path)) built.set(path, await compile(path))
  return new Function(...Object.keys(globals), built.get(path) + '\nreturn exported')(...Object.values(globals))
}
