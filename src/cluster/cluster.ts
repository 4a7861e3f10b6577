import {optional} from 'valibot';
import {numberFrom, that, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {SampleService} from '../callbacks/background/sample-service.js';
import type {ProductPlacement, ProductSource, ProductWorkers} from '../operators/shards/product-workers.js';
import {ClusterSampler} from './cluster-sampler.js';
import {ClusterProducts} from './products/cluster-products.js';
import type {OperatorSessionArgs} from './products/operator-session.js';
import {Traffic} from './products/traffic.js';
import type {RedisConnection} from './redis/redis-address.js';
import {redisAddress} from './redis/redis-address.js';
import {assertPeers} from './redis/redis-client.js';
import {queueName} from './sample-queue.js';

/** Options of `cluster`. */
export interface ClusterArgs {
  /**
   * Where Redis is: `'redis://host:6379'`, `'rediss://…'` with TLS, or `{host, port, …}`. Default: the URL in the environment
   * variable `TFJS_HESSIAN_REDIS`, where a password is seen by fewer people than in code or in a command.
   */
  readonly connection?: string | RedisConnection;
  /** The name of the queue, which the workers have too. Default `'tfjs-hessian'`. */
  readonly queue?: string;
  /** How many samples may be on their way; further ones are skipped and counted in `cost.skipped`. Default 64. */
  readonly limit?: number;
  /**
   * The largest sample in bytes: weights, batch and the model's JSON; and the largest message about products: the model, a batch, or the
   * vectors of a product. Redis holds at most 512 MB of a sample in one value; products go in pieces. Default 256 000 000.
   */
  readonly maxBytes?: number;
  /**
   * How long, in milliseconds, the end of a fit waits for samples that have not come. They come later all the same:
   * `await curvature.drained()`. Default: until all have come.
   */
  readonly waitAtEnd?: number;
  /** How long, in milliseconds, samples and products wait for a Redis that does not answer; then they fail. Default 30 000. */
  readonly redisTimeout?: number;
  /** How long, in milliseconds, samples and products wait while no worker is there; then they fail. Default 600 000. */
  readonly workerTimeout?: number;
}

const clusterArgs = optionsOf<ClusterArgs>('cluster()')({
  // Checked where its value is in no message.
  connection: optional(that<string | RedisConnection>(() => true, 'an address of Redis')),
  queue: optional(queueName(), 'tfjs-hessian'),
  limit: optional(wholeNumber(), 64),
  maxBytes: optional(wholeNumber(1, 512 * 2 ** 20), 256_000_000),
  waitAtEnd: optional(numberFrom(0)),
  redisTimeout: optional(wholeNumber(), 30_000),
  workerTimeout: optional(wholeNumber(), 600_000),
});

/** Workers on any number of machines: `{background: cluster(…)}` of a callback, `{on: cluster(…)}` of an operator. */
export class Cluster extends SampleService implements ProductPlacement {
  /** The address of Redis, without user and password. */
  readonly address: string;
  /** The name of the queue. */
  readonly queue: string;
  private readonly args: OperatorSessionArgs;
  private readonly moved = new Traffic();

  /** @throws InvalidArgumentError for an invalid option, and if BullMQ or ioredis is not installed. */
  constructor(args?: ClusterArgs) {
    const {connection, waitAtEnd = Number.POSITIVE_INFINITY, ...rest} = clusterArgs(args);
    const address = redisAddress('connection', connection);
    assertPeers('cluster()');
    super({make: () => new ClusterSampler({...rest, address}), waitAtEnd});
    this.address = address.shown;
    this.queue = rest.queue;
    this.args = {...rest, address};
  }

  /**
   * Bytes that went through Redis for products of this process: models, batches, vectors and sums, with those that the workers wrote and read.
   * Samples are not in it.
   */
  get traffic(): {readonly written: number; readonly read: number} {
    const {written, read} = this.moved;
    return {written, read};
  }

  /** Gives the products of an operator to the workers. `hessian(model, dataset, {on: cluster(…)})` calls it. */
  open(source: ProductSource): ProductWorkers {
    return new ClusterProducts(this.args, source, this.moved);
  }
}

/**
 * Workers on other machines, through BullMQ and Redis: they take the samples of a `HessianSpectrumCallback`, or compute the products of an
 * operator over a data set.
 *
 * With `background: cluster()`, the training uploads a snapshot of weights and batch and goes on. A worker is `npx tfjs-hessian worker`. Samples arrive in
 * `samples$` in the order of their steps, also after the fit has ended (`await curvature.drained()`). They are bit for bit
 * those of `background: true`, if the workers have the same engine and the same kind of processor. A sample whose worker is
 * lost is taken by another. If Redis does not answer, samples fail (`failures$`) and training goes on; later samples are taken
 * when it answers again. Uploading costs no gradient pass. Needs the packages `bullmq` and `ioredis`.
 *
 * With `on: cluster()`, the batches of a data set are divided among the workers that are there. Each holds a copy of the model, its batches
 * and their linearizations. A product sends the vector and adds the workers' sums in a fixed order, so its bits are those of the operator
 * without it, for any number of workers with the same engine and the same kind of processor. It costs as many gradients as without it,
 * and moves the vector once to each worker and a few vectors back. The batches of a worker that is lost go to others. If Redis does not
 * answer for `redisTimeout`, or no worker is there for `workerTimeout`, a product rejects with a `ClusterError`; a later one tries again.
 * `dispose()` removes what the operator has in Redis.
 *
 * @throws InvalidArgumentError for an invalid option, and if BullMQ or ioredis is not installed.
 * @example
 * import {cluster} from 'tfjs-hessian/cluster';
 * const curvature = new HessianSpectrumCallback({background: cluster({connection: 'redis://10.0.0.5:6379'})});
 * await model.fit(x, y, {epochs: 10, callbacks: [curvature]});
 * await curvature.drained();
 *
 * const H = await hessian(model, batches, {on: cluster({connection: 'redis://10.0.0.5:6379'})});
 * const {value} = await trace(H);
 * H.dispose();
 */
export function cluster(args?: ClusterArgs): Cluster {
  return new Cluster(args);
}
