// The worker thread behind `background: true` in Node.
import {parentPort} from 'node:worker_threads';
import type {SampleRequest} from './callbacks/background/messages.js';
import type {EngineName} from './engine/load.js';
import {loadTensorFlow} from './engine/load.js';
// Imports the whole package, since models may have its regularizer in their configuration.
import {serveSamples} from './index.js';

const engineOf: Readonly<Record<string, EngineName>> = {tensorflow: 'native', wasm: 'wasm', cpu: 'cpu'};
const loading = new Map<string, Promise<unknown>>();

/** Loads the engine of a backend. If that fails, the request reports what is missing. */
async function load(backend: string): Promise<void> {
  const prefer = engineOf[backend];
  if (prefer === undefined) return;
  if (!loading.has(backend))
    loading.set(
      backend,
      loadTensorFlow({prefer, warn: () => {}}).catch(() => null),
    );
  await loading.get(backend);
}

const port = parentPort!;
serveSamples({
  postMessage: message => port.postMessage(message),
  addEventListener(_, listener) {
    port.on('message', async (data: SampleRequest) => {
      await load(data.backend);
      listener({data});
    });
  },
});
