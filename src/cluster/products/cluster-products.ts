import {ClusterError, DisposedError} from '../../errors.js';
import type {ProductSource, ProductWorkers} from '../../operators/shards/product-workers.js';
import {megabytes} from '../sample-queue.js';
import {type Crew, ProductTeam} from '../team/product-team.js';
import {WorkerDeath} from '../team/worker-death.js';
import {OperatorSession, type OperatorSessionArgs} from './operator-session.js';
import type {RemoteWorker} from './remote-worker.js';
import {Traffic} from './traffic.js';

/** How often a part of a product may lose its worker. Then it fails, since it may be what ends them. */
const LOSSES = 3;

const A_DAY = 86_400_000;

/** The workers of a cluster that compute the products of an operator. */
export class ClusterProducts implements ProductWorkers, Crew<RemoteWorker> {
  private readonly team: ProductTeam<RemoteWorker>;
  private session: OperatorSession | null = null;
  /** Of the operator. */
  private readonly traffic: Traffic;
  private isDisposed = false;

  constructor(
    private readonly args: OperatorSessionArgs,
    private readonly source: ProductSource,
    total: Traffic,
  ) {
    this.traffic = new Traffic(total);
    this.team = new ProductTeam(source.batches, this);
  }

  async run(...[task, onAnswer, signal]: Parameters<ProductWorkers['run']>): Promise<void> {
    // The process lives while products are computed; the connection alone would let it end.
    const alive = setInterval(() => {}, A_DAY);
    try {
      await this.team.run(task, onAnswer, signal);
    } finally {
      clearInterval(alive);
      this.session?.release(task).catch(() => {});
    }
  }

  explain(): string {
    const {address, queue} = this.args;
    const {written, read} = this.traffic;
    const moved = `through Redis until now: ${megabytes(written)} written, ${megabytes(read)} read, by all of them`;
    return [` of the queue "${queue}" at ${address.shown}`, ...this.team.explain(), moved].join('\n  ');
  }

  async alive(death: WorkerDeath | null, losses: number, signal: AbortSignal): Promise<readonly RemoteWorker[]> {
    if (this.isDisposed) throw disposed();
    if (death !== null && losses >= LOSSES) {
      throw new ClusterError(
        `${losses} workers in turn were lost with a part of a product, so it was given up. The last one: ${death.message} Less ` +
          'memory is needed with smaller batches or memoryLimit: 0.',
      );
    }
    for (let lost = losses; ; lost++) {
      if (this.session === null || this.session.isOver) {
        this.session = new OperatorSession(this.args, this.source, this.traffic);
      }
      try {
        return await this.session.alive(signal);
      } catch (error) {
        // Redis has lost its data meanwhile.
        if (!(error instanceof WorkerDeath) || lost >= LOSSES) throw error;
      }
    }
  }

  present(): readonly RemoteWorker[] {
    return this.session === null || this.session.isOver ? [] : this.session.present;
  }

  dispose(): void {
    this.isDisposed = true;
    this.session?.end(disposed());
  }
}

function disposed(): DisposedError {
  return new DisposedError('The operator has been disposed while its workers computed; dispose it later.');
}
