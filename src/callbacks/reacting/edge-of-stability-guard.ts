import {Callback} from '@tensorflow/tfjs-layers';
import type {Observable} from 'rxjs';
import {Subject} from 'rxjs';
import {optional} from 'valibot';
import {numberFrom, positiveNumber} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError} from '../../errors.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {ShieldedObservable} from '../../streams/shielded.js';
import {learningRateOf, setLearningRate} from '../../tfjs-internals/layers/learning-rate.js';
import type {HessianSpectrumCallback} from '../hessian-spectrum-callback.js';
import {curvatureSchema, whileTraining} from './while-training.js';

/** Options of `EdgeOfStabilityGuard`. */
export interface EdgeOfStabilityGuardArgs {
  /** The callback whose samples are watched. It must be in the same list of callbacks. */
  readonly curvature: HessianSpectrumCallback;
  /** The learning rate is kept below `margin × 2 / top`; default 0.9. */
  readonly margin?: number;
  /** The lowest learning rate; default 0. */
  readonly minLearningRate?: number;
}

const argsOf = optionsOf<EdgeOfStabilityGuardArgs>('EdgeOfStabilityGuard')({
  curvature: curvatureSchema,
  margin: optional(positiveNumber(', such as 0.9'), 0.9),
  minLearningRate: optional(numberFrom(0), 0),
});

/** A change of the learning rate. */
export interface LoweredLearningRate {
  readonly epoch: number;
  readonly step: number;
  readonly from: number;
  readonly to: number;
  /** The largest eigenvalue that caused it. */
  readonly top: number;
}

/**
 * Lowers the learning rate to `margin × 2 / top` when it exceeds that, where top is the largest eigenvalue of a sample. It
 * never raises it.
 *
 * Above 2 / top, gradient descent on the sampled batch is unstable (Cohen et al. 2021). With momentum β the edge is 2 (1 +
 * β) / top; adaptive optimizers have another edge: see `stability`.
 *
 * @throws InvalidArgumentError for an invalid option; when a fit begins, for an optimizer without a learning rate.
 * @example
 * const curvature = new HessianSpectrumCallback({schedule: everyBatches(20)});
 * const guard = new EdgeOfStabilityGuard({curvature});
 * guard.lowered$.subscribe(({step, from, to}) => console.log(step, from, '→', to));
 * await model.fit(x, y, {epochs: 10, callbacks: [curvature, guard]});
 */
export class EdgeOfStabilityGuard extends Callback {
  /** Each change of the learning rate. Hot. */
  readonly lowered$: Observable<LoweredLearningRate>;
  private readonly args: Required<EdgeOfStabilityGuardArgs>;
  private readonly lowered = new Subject<LoweredLearningRate>();

  constructor(args: EdgeOfStabilityGuardArgs) {
    super();
    this.args = argsOf(args);
    this.lowered$ = new ShieldedObservable(this.lowered, error => console.error(error));
  }

  /** Called by tfjs-layers when a training begins. */
  override async onTrainBegin(): Promise<void> {
    if (learningRateOf(this.model) === null) {
      throw new InvalidArgumentError(
        `EdgeOfStabilityGuard cannot lower the learning rate of a ${this.model.optimizer.getClassName()} optimizer: it has none.`,
      );
    }
    whileTraining(this.model, this.args.curvature.samples$, sample => this.guard(sample));
  }

  private guard({epoch, step, full}: HessianSample): void {
    const {margin, minLearningRate} = this.args;
    const top = full.largest[0]!.value;
    // Not the sample's learning rate: with a background worker, training has continued since.
    const from = learningRateOf(this.model)!;
    const to = Math.max((margin * 2) / top, minLearningRate);
    if (top <= 0 || from <= to) return;
    setLearningRate(this.model, to);
    this.lowered.next({epoch, step, from, to, top});
  }
}
