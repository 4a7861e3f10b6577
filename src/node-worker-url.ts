/** The URL of the worker thread's script, which is beside this module in the sources and in the package. */
export function nodeWorkerUrl(): URL {
  // Built from strings, since bundlers would include the file of `new URL('./…', import.meta.url)`.
  const [, folder, extension] = /^(.*\/)[^/]*?(\.ts|\.js)(?:\?.*)?$/.exec(import.meta.url) ?? [];
  return new URL(`${folder}node-worker${extension}`);
}
