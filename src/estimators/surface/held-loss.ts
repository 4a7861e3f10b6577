import type {LayersModel} from '@tensorflow/tfjs-layers';
import {deviceVerdict, judged} from '../../autodiff/webgpu/device-errors.js';
import type {Work} from '../../long-work.js';
import type {Batch} from '../../model/batch.js';
import {checkBatch} from '../../model/batch.js';
import {batchLoss} from '../../model/batch-loss.js';
import {batchSize, disposeBatch, holdBatch} from '../../model/batch-tensors.js';
import type {WeightSnapshot, WeightValue} from '../../model/weight-snapshot.js';
import {withWeights} from '../../model/weight-snapshot.js';
import {labelCheck} from '../../operators/checks/label-check.js';
import type {BatchDataset, HeldBatch} from '../../operators/from-model/batch-dataset.js';
import {holdBatches, isDataset} from '../../operators/from-model/batch-dataset.js';
import type {Disposable} from '../../owned.js';
import {deriveSeed} from '../../random.js';

/** A model's loss on data, as a function of the weights. It is the loss of the operators, with the same random draws. */
export class HeldLoss implements Disposable {
  private readonly held: HeldBatch[] = [];
  private isFirst = true;

  /**
   * @param data a batch is held at once, a data set by `read`.
   * @param snapshot the weights where those that are moved are not given. It belongs to the caller.
   */
  constructor(
    private readonly model: LayersModel,
    private readonly data: Batch | BatchDataset,
    private readonly seed: number,
    private readonly snapshot: WeightSnapshot,
  ) {
    if (isDataset(data)) return;
    const batch = holdBatch(checkBatch(data));
    this.held.push({batch, size: batchSize(batch)});
  }

  /**
   * Reads a data set, and checks the labels.
   *
   * @throws InvalidArgumentError for a data set without batches, and for labels that are no classes.
   */
  async read(limit: number | undefined, work: Work): Promise<void> {
    if (isDataset(this.data)) await holdBatches(this.data, this.held, limit, work);
    for (const {batch} of this.held) await labelCheck(this.model, batch).confirm();
  }

  /** What was read: a batch, or a list of them. It belongs to this object. */
  get batches(): Batch | Batch[] {
    return isDataset(this.data) ? this.held.map(({batch}) => batch) : this.held[0]!.batch;
  }

  /** The mean loss over all samples where some weights have other values. It counts as one unit of the work. */
  async at(moved: readonly WeightValue[], work: Work): Promise<number> {
    const {held, model, snapshot} = this;
    const samples = held.reduce((sum, {size}) => sum + size, 0);
    let mean = 0;
    for (const [i, {batch, size}] of held.entries()) {
      if (i > 0) await work.pause();
      const seed = isDataset(this.data) ? deriveSeed(this.seed, i) : this.seed;
      const verdict = this.isFirst ? deviceVerdict() : null;
      const loss = judged(
        () => snapshot.during(() => withWeights(moved, () => batchLoss(model, batch, seed))),
        this.isFirst,
      );
      try {
        await verdict?.();
        mean += ((await loss.data())[0]! * size) / samples;
      } finally {
        loss.dispose();
      }
      work.count(1 / held.length);
    }
    this.isFirst = false;
    return mean;
  }

  dispose(): void {
    for (const {batch} of this.held) disposeBatch(batch);
  }
}
