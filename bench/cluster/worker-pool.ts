import {spawnSync} from 'node:child_process';
import {startWorker, type TestWorker} from '../../test/cluster/start-worker.js';

/** Workers of queues, each in a process of its own. */
export class WorkerPool {
  private readonly workers: TestWorker[] = [];

  constructor(private readonly url: string) {}

  /**
   * Starts workers of a queue, and waits until they are there.
   *
   * @param core the core that they may use; default: all.
   */
  async start(queue: string, count: number, core?: number): Promise<readonly TestWorker[]> {
    const started = Array.from({length: count}, () => startWorker(this.url, ['--queue', queue]));
    this.workers.push(...started);
    if (core !== undefined) for (const {child} of started) pin(child.pid!, core);
    await Promise.all(started.map(worker => worker.said(/ready at/)));
    return started;
  }

  async end(): Promise<void> {
    for (const {child} of this.workers) child.kill('SIGKILL');
    await Promise.all(this.workers.splice(0).map(({ended}) => ended));
  }
}

/** Lets a process, with all its threads, use some cores alone. Linux has `taskset`. */
export function pin(pid: number, cores: number | string): void {
  const {status, stderr, error} = spawnSync('taskset', ['-acp', String(cores), String(pid)], {encoding: 'utf8'});
  if (status !== 0) throw new Error(`taskset failed: ${error?.message ?? stderr}`);
}
