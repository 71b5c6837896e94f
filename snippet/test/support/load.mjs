import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

let loads = 0

/** A source file as a fresh module: each load has its own state, like each page. `slot` is the site's configuration. */
export const load = async (path, slot = {}) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/' + path, import.meta.url))],
    bundle: true,
    define: { __PASSERBY__: JSON.stringify(slot) },
    format: 'esm',
    target: 'es2020',
    write: false,
  })
  const text = outputFiles[0].text + `\n// ${++loads}`
  return import('data:text/javascript;base64,' + Buffer.from(text).toString('base64'))
}
