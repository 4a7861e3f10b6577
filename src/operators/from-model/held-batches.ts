import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Work} from '../../long-work.js';
import type {Batch} from '../../model/batch.js';
import {disposeBatch} from '../../model/batch-tensors.js';
import {WeightSnapshot} from '../../model/weight-snapshot.js';
import type {Disposable} from '../../owned.js';
import {deriveSeed} from '../../random.js';
import type {BatchDataset, HeldBatch} from './batch-dataset.js';
import {holdBatches} from './batch-dataset.js';
import type {Linearize, LinearizedLoss} from './linearized-loss.js';

/** The batches of a data set and the weights of a model, as they were when it was made. It owns references to them. */
export class HeldBatches implements Disposable {
  readonly all: HeldBatch[] = [];
  /** The weights may change while the data is read. */
  private readonly snapshot: WeightSnapshot;

  constructor(
    readonly model: LayersModel,
    private readonly linearizeBatch: Linearize,
    private readonly seed: number,
  ) {
    this.snapshot = new WeightSnapshot(model);
  }

  /** Reads the batches. Throws as `holdBatches` does. */
  async read(dataset: BatchDataset, limit: number | undefined, work: Work): Promise<void> {
    await holdBatches(dataset, this.all, limit, work);
  }

  get count(): number {
    return this.all.length;
  }

  /** The part of all samples that is in a batch. */
  share(batch: number): number {
    return this.all[batch]!.size / this.all.reduce((sum, {size}) => sum + size, 0);
  }

  /** Linearizes a batch, by its position; the caller owns the result. */
  linearize(batch: number, checked: boolean): LinearizedLoss {
    return this.linearizeRows(this.all[batch]!.batch, batch, checked);
  }

  /** The same of some rows of a batch. */
  linearizeRows(rows: Batch, batch: number, checked = false): LinearizedLoss {
    return this.snapshot.during(() => this.linearizeBatch(this.model, rows, deriveSeed(this.seed, batch), checked));
  }

  dispose(): void {
    this.snapshot.dispose();
    for (const {batch} of this.all) disposeBatch(batch);
  }
}
