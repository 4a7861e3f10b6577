import {spawnSync} from 'node:child_process';
import os from 'node:os';
import {startWorker, type TestWorker} from '../../test/cluster/start-worker.js';

/** Workers of queues, each in a process of its own. */
export class WorkerPool {
  private readonly workers: TestWorker[] = [];

  constructor(private readonly url: string) {}

  /**
   * Starts workers of a queue, and waits until they are there.
   *
   * @param cores the cores that each may use; default: where there are enough, each has two of its own, as a machine has.
   */
  async start(queue: string, count: number, cores: CoresOf = ownCores(count)): Promise<readonly TestWorker[]> {
    const started = Array.from({length: count}, () => startWorker(this.url, ['--queue', queue]));
    this.workers.push(...started);
    for (const [i, {child}] of started.entries()) {
      const of = cores(i);
      if (of !== null) pin(child.pid!, of);
    }
    await Promise.all(started.map(worker => worker.said(/ready at/)));
    return started;
  }

  async end(): Promise<void> {
    for (const {child} of this.workers) child.kill('SIGKILL');
    await Promise.all(this.workers.splice(0).map(({ended}) => ended));
  }
}

/** Which cores the i-th worker may use; `null`: all. */
type CoresOf = (i: number) => string | null;

/** Whether there are two cores for each worker, beside the first two for this process and Redis. */
function canHaveOwn(count: number): boolean {
  return os.availableParallelism() >= 2 * (count + 1);
}

function ownCores(count: number): CoresOf {
  return canHaveOwn(count) ? i => `${2 * i + 2}-${2 * i + 3}` : () => null;
}

/** The numbers of workers that are compared: more where each can have cores of its own. */
export function workerCounts(): readonly number[] {
  return [1, 2, 4, ...(canHaveOwn(6) ? [6] : [])];
}

/** Lets a process, with all its threads, use some cores alone. Linux has `taskset`. */
export function pin(pid: number, cores: string): void {
  const {status, stderr, error} = spawnSync('taskset', ['-acp', cores, String(pid)], {encoding: 'utf8'});
  if (status !== 0) throw new Error(`taskset failed: ${error?.message ?? stderr}`);
}
