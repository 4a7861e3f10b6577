import {Callback} from '@tensorflow/tfjs-layers';
import type {Observable} from 'rxjs';
import {Subject} from 'rxjs';
import {optional} from 'valibot';
import {numberFrom, positiveNumber} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError, TfjsHessianError} from '../../errors.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {ShieldedObservable} from '../../streams/shielded.js';
import {learningRateOf, setLearningRate} from '../../tfjs-internals/layers/learning-rate.js';
import type {HessianSpectrumCallback} from '../hessian-spectrum-callback.js';
import {curvatureSchema, whileTraining} from './while-training.js';

/** Options of `EdgeOfStabilityGuard`. */
export interface EdgeOfStabilityGuardArgs {
  /** The callback whose samples are watched. It must be in the same list of callbacks. */
  readonly curvature: HessianSpectrumCallback;
  /** The sharpness is kept below this part of the optimizer's threshold; default 0.9. */
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
  /** The sharpness that caused it: the largest eigenvalue, of P^−½ H P^−½ for an optimizer that divides gradients by P. */
  readonly top: number;
  /** The name of the optimizer's class. */
  readonly optimizer: string;
  /** The sharpness over the optimizer's threshold in the sample. */
  readonly ratio: number;
}

/**
 * Lowers the learning rate until the sharpness is `margin` times the threshold of the optimizer in use, when a sample's sharpness exceeds
 * that. It never raises it.
 *
 * Above the threshold, the optimizer's steps on the sampled batch grow (Cohen et al. 2021, 2022). Plain gradient descent has the threshold 2 /
 * learning rate; for the others, see `stability`. All thresholds are proportional to 1 / learning rate. If samples do not know the edge, the
 * first of them in a fit is a failure in `failures$` of the callback, which says why.
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
  /** Whether this fit had a sample without a known edge. */
  private hasComplained = false;

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
    this.hasComplained = false;
    whileTraining(this.model, this.args.curvature.samples$, sample => this.guard(sample));
  }

  private guard({epoch, step, learningRate, stability, noStability}: HessianSample): void {
    if (stability === null || learningRate === null) {
      if (this.hasComplained || step === 0) return;
      this.hasComplained = true;
      // An error thrown here, in a subscriber, appears on `failures$`.
      throw new TfjsHessianError(
        `EdgeOfStabilityGuard cannot act on a sample: ${noStability ?? 'it has no learning rate'}`,
      );
    }
    const {margin, minLearningRate} = this.args;
    const {ratio, sharpness: top, optimizer} = stability;
    // Not the sample's learning rate: with a background worker, training has continued since.
    const from = learningRateOf(this.model)!;
    const to = Math.max((margin * learningRate) / ratio, minLearningRate);
    if (ratio <= 0 || from <= to) return;
    setLearningRate(this.model, to);
    this.lowered.next({epoch, step, from, to, top, optimizer, ratio});
  }
}
