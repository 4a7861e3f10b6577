// The worker thread behind `background: true`, `on: threads(n)` and the workers of a cluster in Node.
import type {TransferListItem} from 'node:worker_threads';
import {parentPort, workerData} from 'node:worker_threads';
import type {SampleAnswer, SampleRequest} from './callbacks/background/messages.js';
import {isAboutReports} from './cluster/reports/about-reports.js';
import type {ReportAnswer, ReportRequest} from './cluster/reports/report-messages.js';
import type {EngineName} from './engine/load.js';
import {loadTensorFlow} from './engine/load.js';
// Imports the whole package, since models may have its regularizer in their configuration.
import type {WorkerScope} from './index.js';
import {serveProducts, serveSamples} from './index.js';
import type {CustomObjects} from './keras/custom-objects.js';

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

let importing: Promise<CustomObjects> | undefined;

/** Imports the user's modules once, when TensorFlow.js is there. */
async function importAll(): Promise<CustomObjects | undefined> {
  const {imports = []} = (workerData ?? {}) as {readonly imports?: readonly string[]};
  if (imports.length === 0) return undefined;
  importing ??= import('./engine/import-module.js').then(({importModules}) => importModules(imports));
  return importing;
}

const port = parentPort!;
const scope: WorkerScope = {
  postMessage: (message: unknown, transfer: Transferable[] = []) =>
    port.postMessage(message, transfer as readonly TransferListItem[]),
  addEventListener(_, listener) {
    port.on('message', async (data: Pick<SampleRequest, 'backend' | 'id'>) => {
      if (isAboutReports(data)) return;
      try {
        await load(data.backend);
        await importAll();
      } catch (error) {
        const {name, message} = error as Error;
        port.postMessage({id: data.id, error: {name, message}} satisfies SampleAnswer);
        return;
      }
      listener({data});
    });
  },
};
serveSamples(scope);
serveProducts(scope);

port.on('message', async (data: unknown) => {
  if (isAboutReports(data)) port.postMessage(await answerOf(data));
});

async function answerOf(request: ReportRequest): Promise<ReportAnswer> {
  const {id, backend} = request;
  try {
    await load(backend);
    const custom = await importAll();
    const {answerReport} = await import('./node-report.js');
    return {id, report: await answerReport(request, custom)};
  } catch (error) {
    const {name, message} = error as Error;
    return {id, error: {name, message}};
  }
}
