import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {AttachedRegularizer, PenaltyPoint} from 'tfjs-hessian';
import {attachRegularizer, HessianTraceRegularizer} from 'tfjs-hessian';
import type {LiveSettings} from '../settings.js';

/** The penalty of a training, whose strength and layers change while it runs. */
export class Penalty {
  private attached: AttachedRegularizer | null = null;
  private layers = '';
  private strength = 0;

  constructor(
    private readonly model: LayersModel,
    private readonly seed: number,
    private readonly onPoint: (point: PenaltyPoint) => void,
  ) {}

  change({strength, layers}: LiveSettings): void {
    // The regularizer asks for it in each step.
    this.strength = strength;
    const isWanted = strength > 0;
    if (isWanted === (this.attached !== null) && layers === this.layers) return;
    this.attached?.detach();
    this.attached = null;
    this.layers = layers;
    if (!isWanted) return;
    const regularizer = new HessianTraceRegularizer({strength: () => this.strength, seed: this.seed});
    const selection = layers === 'all' || layers === 'middle' ? layers : [layers];
    this.attached = attachRegularizer(this.model, regularizer, {layers: selection});
    this.attached.penalty$.subscribe(this.onPoint);
  }
}
