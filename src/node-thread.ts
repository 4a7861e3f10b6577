import type {Worker, WorkerOptions} from 'node:worker_threads';

/** Node's module of threads, which is loaded at run time where bundlers for the browser must not look for it. */
type Threads = Pick<typeof import('node:worker_threads'), 'Worker'>;

/** Starts a thread of Node with a script that is beside this module in the sources and in the package. */
export function startThread(
  threads: Threads,
  script: 'node-worker' | 'node-page-worker',
  options: Pick<WorkerOptions, 'name' | 'workerData' | 'resourceLimits'>,
): Worker {
  // Built from strings, since bundlers would include the file of `new URL('./…', import.meta.url)`.
  const [, folder, extension] = /^(.*\/)[^/]*?(\.ts|\.js)(?:\?.*)?$/.exec(import.meta.url) ?? [];
  const {href} = new URL(`${folder}${script}${extension}`);
  // As code, since a program that Node got as text (`--input-type`) cannot start a thread with a file.
  let code = `import(${JSON.stringify(href)})`;
  // In a checkout of this package the script is TypeScript, for which the thread first needs tsx.
  if (extension === '.ts')
    code = `import(${JSON.stringify(`${folder}../scripts/source-thread.mjs`)}).then(() => ${code})`;
  return new threads.Worker(code, {...options, eval: true});
}
