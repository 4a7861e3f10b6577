/** The script of the worker thread that takes samples: it lies beside this module, in the sources as in the package. */
export function nodeWorkerUrl(): URL {
  // Put together from strings, since bundlers would take `new URL('./…', import.meta.url)` for a file of theirs.
  const [, folder, extension] = /^(.*\/)[^/]*?(\.ts|\.js)(?:\?.*)?$/.exec(import.meta.url) ?? [];
  return new URL(`${folder}node-worker${extension}`);
}
