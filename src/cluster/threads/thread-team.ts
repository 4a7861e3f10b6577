import {DisposedError, TfjsHessianError} from '../../errors.js';
import type {ProductSource, ProductWorkers} from '../../operators/shards/product-workers.js';
import type {ProductThread} from './product-thread.js';
import {WorkerDeath} from './worker-death.js';

/**
 * Threads that share the batches of a data set: neighbouring batches lie in one thread, so that it can add them.
 *
 * The batches of a thread that dies go to the others. If none is left, a new one takes them; as many new ones are started as there were
 * threads.
 */
export class ThreadTeam implements ProductWorkers {
  private readonly threads: ProductThread[];
  /** The thread of each batch. */
  private readonly owners: ProductThread[];
  /** How many new threads may still be started. */
  private spare: number;

  /**
   * @param size the number of threads.
   * @param start starts a thread.
   */
  constructor(
    source: ProductSource,
    private readonly size: number,
    private readonly start: () => ProductThread,
  ) {
    this.threads = Array.from({length: Math.min(size, source.batches)}, start);
    this.spare = size;
    const all = Array.from({length: source.batches}, (_, batch) => batch);
    this.owners = all.map(batch => this.threads[Math.floor((batch * this.threads.length) / source.batches)]!);
  }

  async run(task: Uint8Array, onAnswer: (answer: Uint8Array) => void, signal: AbortSignal): Promise<void> {
    await this.runOn([...this.owners.keys()], task, onAnswer, signal);
  }

  dispose(): void {
    const error = new DisposedError('The operator has been disposed while its workers computed; dispose it later.');
    for (const thread of this.threads) thread.end(error);
  }

  private async runOn(
    batches: readonly number[],
    task: Uint8Array,
    onAnswer: (answer: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const shards = new Map<ProductThread, number[]>();
    for (const batch of batches) {
      const owner = this.owners[batch]!;
      shards.set(owner, [...(shards.get(owner) ?? []), batch]);
    }
    await Promise.all(
      [...shards].map(async ([thread, shard]) => {
        let answer: Uint8Array;
        try {
          answer = await thread.run(task, shard, signal);
        } catch (error) {
          if (!(error instanceof WorkerDeath)) throw error;
          this.replace(thread, error);
          await this.runOn(shard, task, onAnswer, signal);
          return;
        }
        onAnswer(answer);
      }),
    );
  }

  /** Gives the batches of a dead thread to others. */
  private replace(dead: ProductThread, death: WorkerDeath): void {
    const orphans = [...this.owners.keys()].filter(batch => this.owners[batch] === dead);
    let heirs = this.threads.filter(thread => !thread.isDead);
    if (orphans.length > 0 && heirs.length === 0) {
      if (this.spare-- === 0) {
        throw new TfjsHessianError(
          `All workers for products died, and ${this.size} new one${this.size === 1 ? '' : 's'} too. The last error: ${death.message} Less memory is ` +
            'needed with smaller batches or memoryLimit: 0.',
        );
      }
      heirs = [this.start()];
      this.threads.push(...heirs);
    }
    for (const [i, batch] of orphans.entries()) {
      this.owners[batch] = heirs[Math.floor((i * heirs.length) / orphans.length)]!;
    }
  }
}
