import type {LayersModel} from '@tensorflow/tfjs-layers';
import {WeightSnapshot} from '../../model/weight-snapshot.js';

/** References to a model's weights before the newest training step. */
export class WeightsBeforeStep {
  private snapshot: WeightSnapshot | null = null;

  /** Called before each step. */
  hold(model: LayersModel): void {
    this.release();
    this.snapshot = new WeightSnapshot(model);
  }

  /** They stay the property of this object; `null` before the first step. */
  get weights(): WeightSnapshot | null {
    return this.snapshot;
  }

  release(): void {
    this.snapshot?.dispose();
    this.snapshot = null;
  }
}
