import {DisposedError, TfjsHessianError} from '../../errors.js';
import type {ProductSource, ProductWorkers} from '../../operators/shards/product-workers.js';
import {type Crew, ProductTeam} from '../team/product-team.js';
import type {WorkerDeath} from '../team/worker-death.js';
import type {ProductThread} from './product-thread.js';

/**
 * Threads that share the batches of a data set.
 *
 * The batches of a thread that dies go to the others. If none is left, a new one takes them; as many new ones are started as there were
 * threads.
 */
export class ThreadTeam implements ProductWorkers, Crew<ProductThread> {
  private readonly threads: ProductThread[];
  private readonly team: ProductTeam<ProductThread>;
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
    this.team = new ProductTeam(source.batches, this);
  }

  run(...args: Parameters<ProductWorkers['run']>): Promise<void> {
    return this.team.run(...args);
  }

  explain(): string {
    return [' in threads', ...this.team.explain()].join('\n  ');
  }

  async alive(death: WorkerDeath | null): Promise<readonly ProductThread[]> {
    const alive = this.present();
    // Those that have never run a task report why themselves.
    if (alive.length > 0 || death === null) return alive.length > 0 ? alive : this.threads;
    if (this.spare === 0) {
      throw new TfjsHessianError(
        `All workers for products died, and ${this.size} new one${this.size === 1 ? '' : 's'} too. The last error: ${death.message} Less memory is ` +
          'needed with smaller batches or memoryLimit: 0.',
      );
    }
    this.spare--;
    const thread = this.start();
    this.threads.push(thread);
    return [thread];
  }

  present(): readonly ProductThread[] {
    return this.threads.filter(thread => !thread.isDead);
  }

  dispose(): void {
    const error = new DisposedError('The operator has been disposed while its workers computed; dispose it later.');
    for (const thread of this.threads) thread.end(error);
  }
}
