/** Built-in modules of Node; `null` in a browser and before Node 20.16. */
export function nodeModules() {
  const get = globalThis.process?.getBuiltinModule;
  if (typeof get !== 'function') return null;
  return {fs: get('node:fs'), os: get('node:os'), path: get('node:path')};
}
