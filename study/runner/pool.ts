import type {ChildProcess} from 'node:child_process';
import {fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {TfjsHessianError} from '../../src/errors.js';
import type {FromWorker, ToWorker, WorkerArgs} from './messages.js';

const script = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Processes with one thread each: for networks of this size this is much faster than one process with several threads. */
const oneThread = {TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '2'};

/** Worker processes that each run one job after the other. */
export class Pool {
  private constructor(
    private readonly workers: readonly ChildProcess[],
    /** The engine that they compute with. */
    readonly engine: string,
  ) {}

  static async start(count: number, args: WorkerArgs): Promise<Pool> {
    const workers = Array.from({length: count}, () => fork(script, [], {env: {...process.env, ...oneThread}}));
    const answers = await Promise.all(workers.map(worker => ask(worker, {kind: 'start', ...args})));
    const [first] = answers;
    return new Pool(workers, first?.kind === 'ready' ? first.engine : '');
  }

  /** Runs all jobs, each on the next free worker. The first failure ends the run. */
  async run(jobs: readonly ToWorker[], done: (answer: FromWorker) => void): Promise<void> {
    const left = [...jobs];
    await Promise.all(
      this.workers.map(async worker => {
        for (let job = left.shift(); job !== undefined; job = left.shift()) done(await ask(worker, job));
      }),
    );
  }

  /** Runs a task on one worker while the others are idle. */
  ask(message: ToWorker): Promise<FromWorker> {
    return ask(this.workers[0]!, message);
  }

  stop(): void {
    for (const worker of this.workers) worker.kill();
  }
}

function ask(worker: ChildProcess, message: ToWorker): Promise<FromWorker> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null) => {
      reject(
        new TfjsHessianError(
          `A worker has ended (${signal ?? code}) during ${JSON.stringify(message)}; run the study again to go on.`,
        ),
      );
    };
    worker.once('exit', ended);
    worker.once('message', (answer: FromWorker) => {
      worker.off('exit', ended);
      if (answer.kind === 'failed') reject(new TfjsHessianError(answer.message));
      else resolve(answer);
    });
    worker.send(message);
  });
}
