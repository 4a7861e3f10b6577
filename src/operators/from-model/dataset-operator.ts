import type {LayersModel} from '@tensorflow/tfjs-layers';
import {Work} from '../../long-work.js';
import {withOwned} from '../../owned.js';
import type {CurvatureOperator} from '../blocks/network-operator.js';
import {labelCheck} from '../checks/label-check.js';
import type {CheckedCurvatureArgs} from '../curvature-args.js';
import {ShardedDatasetMap} from '../shards/sharded-dataset-map.js';
import type {BatchDataset} from './batch-dataset.js';
import {requireElements} from './batch-dataset.js';
import {BatchMaps} from './batch-maps.js';
import {type DatasetMap, LocalDatasetMap} from './dataset-map.js';
import {defaultMemoryLimit} from './default-memory-limit.js';
import {HeldBatches} from './held-batches.js';
import type {Curvature, LinearizedLoss, PendingCheck} from './linearized-loss.js';
import {allOf, operatorOf} from './linearized-loss.js';

/**
 * A curvature of the mean loss over all samples of a data set. Each batch is weighted by its size.
 *
 * It holds references to the batches and to the present weights. A product is one pass over the batches. The linearizations of as many
 * batches as `memoryLimit` allows are kept; there, a product costs about one gradient. The other batches are linearized anew, one after
 * the other, which costs about two more. The sums are the same with any limit, and wherever the products are computed.
 *
 * @throws InvalidArgumentError for a data set without batches, and as a batch's operator does.
 */
export async function datasetOperator(
  {name, linearize, kind}: Curvature,
  model: LayersModel,
  dataset: BatchDataset,
  {batches: limit, seed, memoryLimit, on, ...long}: CheckedCurvatureArgs,
): Promise<CurvatureOperator> {
  requireElements(dataset);
  const {signal} = long;
  signal?.throwIfAborted();
  const held = new HeldBatches(model, linearize, seed);
  const local = (bytes: number) =>
    new LocalDatasetMap(held, new BatchMaps((batch, checked) => held.linearize(batch, checked), bytes), signal);
  const map = withOwned((owned): DatasetMap => {
    owned.use(held);
    // At once: it keeps the model's structure as it is at the call.
    const made =
      on === undefined
        ? local(memoryLimit ?? defaultMemoryLimit())
        : new ShardedDatasetMap({held, kind, seed, memoryLimit, placement: on, local: local(0), signal});
    owned.handOver(held);
    return made;
  });
  const work = new Work(long);
  try {
    await held.read(dataset, limit, work);
    work.expect(held.count);
    const {loss, gradient, layers, doubtful} = await map.mean(work);
    return await operatorOf(name, () => {
      const check = allOf([
        ...held.all.map(({batch}) => labelCheck(model, batch)),
        doubtful === null ? null : checkOfBatch(() => held.linearize(doubtful, true)),
      ]);
      return {loss, gradient, layers, check, map};
    });
  } catch (error) {
    map.dispose();
    throw error;
  }
}

/** Checks one batch for all of them: it is linearized again for the check. */
function checkOfBatch(linearizeBatch: () => LinearizedLoss): PendingCheck {
  return {
    dispose() {},
    async confirm() {
      const linearized = linearizeBatch();
      try {
        await linearized.check?.confirm();
      } finally {
        const {map, loss, gradient, check} = linearized;
        for (const each of [check, map, loss, gradient]) each?.dispose();
      }
    },
  };
}
