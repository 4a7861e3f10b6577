// A run of MLflow, written through the REST API of its tracking server. No package is needed.
import type {HessianSample} from 'tfjs-hessian';

/** MLflow takes this many values in a request. */
const MOST = 1000;

export interface MlflowRun {
  readonly id: string;
  /** Writes a sample's traces and largest eigenvalues, of the network and of each layer. */
  log(sample: HessianSample): Promise<void>;
  /** Ends the run. */
  finish(status: 'FINISHED' | 'FAILED'): Promise<void>;
}

/**
 * Begins a run in an experiment, which is made if there is none of that name.
 *
 * @param server the address of the tracking server, such as `http://127.0.0.1:5000`.
 */
export async function mlflowRun(
  server: string,
  experiment: string,
  params: Readonly<Record<string, string | number>> = {},
): Promise<MlflowRun> {
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const address = new URL(`api/2.0/mlflow/${path}`, server.endsWith('/') ? server : `${server}/`);
    const headers = {'content-type': 'application/json'};
    const answer = await fetch(address, body && {method: 'POST', headers, body: JSON.stringify(body)});
    if (!answer.ok) throw new MlflowError(path, answer.status, await answer.text());
    return answer.json();
  };
  const found = (await ask(`experiments/get-by-name?experiment_name=${encodeURIComponent(experiment)}`).catch(error => {
    if (error instanceof MlflowError && error.status === 404) return null;
    throw error;
  })) as {experiment: {experiment_id: string}} | null;
  const made = found?.experiment ?? ((await ask('experiments/create', {name: experiment})) as {experiment_id: string});
  const {run} = (await ask('runs/create', {experiment_id: made.experiment_id, start_time: Date.now()})) as {
    run: {info: {run_id: string}};
  };
  const id = run.info.run_id;
  const listed = Object.entries(params).map(([key, value]) => ({key, value: String(value)}));
  await ask('runs/log-batch', {run_id: id, params: listed});
  return {
    id,
    async log(sample) {
      const metrics = valuesOf(sample);
      for (let i = 0; i < metrics.length; i += MOST) {
        await ask('runs/log-batch', {run_id: id, metrics: metrics.slice(i, i + MOST)});
      }
    },
    async finish(status) {
      await ask('runs/update', {run_id: id, status, end_time: Date.now()});
    },
  };
}

class MlflowError extends Error {
  constructor(
    path: string,
    readonly status: number,
    text: string,
  ) {
    super(`MLflow answered ${path} with ${status}: ${text.slice(0, 300)}`);
  }
}

interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** The names are those of the TensorBoard sink, of which MLflow allows all characters. */
function valuesOf({full, layers, loss, step, time}: HessianSample): Metric[] {
  const blocks = [{...full, suffix: ''}, ...layers.map(layer => ({...layer, suffix: `/${layer.name}`}))];
  const named = blocks.flatMap(({trace, largest, suffix}) => {
    const prefix = suffix === '' ? 'hessian/' : 'hessian-';
    return [
      [`${prefix}trace${suffix}`, trace.value],
      [`${prefix}traceStandardError${suffix}`, trace.standardError],
      [`${prefix}top${suffix}`, largest[0]?.value ?? null],
    ] as const;
  });
  return [['hessian/loss', loss] as const, ...named].flatMap(([key, value]) =>
    value === null || !Number.isFinite(value) ? [] : [{key, value, timestamp: Date.parse(time), step}],
  );
}
