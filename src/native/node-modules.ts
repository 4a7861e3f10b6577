/** Node's own modules; `null` in a browser, and in a Node before 20.16. */
export function nodeModules() {
  const get = globalThis.process?.getBuiltinModule;
  if (typeof get !== 'function') return null;
  return {fs: get('node:fs'), os: get('node:os'), path: get('node:path')};
}
