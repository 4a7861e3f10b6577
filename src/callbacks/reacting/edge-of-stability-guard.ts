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

export interface EdgeOfStabilityGuardArgs {
  /** Whose samples are watched: the callback stands in the same list. */
  readonly curvature: HessianSpectrumCallback;
  /** The learning rate is kept under this part of 2 / top; default 0.9. */
  readonly margin?: number;
  /** It is never lowered below this; default 0. */
  readonly minLearningRate?: number;
}

const argsOf = optionsOf<EdgeOfStabilityGuardArgs>('EdgeOfStabilityGuard')({
  curvature: curvatureSchema,
  margin: optional(positiveNumber(', such as 0.9'), 0.9),
  minLearningRate: optional(numberFrom(0), 0),
});

/** A learning rate that has been lowered. */
export interface LoweredLearningRate {
  readonly epoch: number;
  readonly step: number;
  readonly from: number;
  readonly to: number;
  /** The largest eigenvalue that was the reason. */
  readonly top: number;
}

/**
 * Lowers the learning rate when a sample's largest eigenvalue comes near 2 / learning rate, above which gradient descent
 * is not stable: to `margin × 2 / top`. It never raises it.
 *
 * The edge is that of plain gradient descent on the sampled batch (Cohen et al. 2021). With momentum β it lies at
 * 2 (1 + β) / top; adaptive optimizers have one of their own.
 *
 * @throws InvalidArgumentError for options that break a rule; at the beginning of a fit, for an optimizer without learning rate.
 * @example
 * const curvature = new HessianSpectrumCallback({schedule: everyBatches(20)});
 * const guard = new EdgeOfStabilityGuard({curvature});
 * guard.lowered$.subscribe(({step, from, to}) => console.log(step, from, '→', to));
 * await model.fit(x, y, {epochs: 10, callbacks: [curvature, guard]});
 */
export class EdgeOfStabilityGuard extends Callback {
  /** Hot; tells of each time that it lowered the learning rate. */
  readonly lowered$: Observable<LoweredLearningRate>;
  private readonly args: Required<EdgeOfStabilityGuardArgs>;
  private readonly lowered = new Subject<LoweredLearningRate>();

  constructor(args: EdgeOfStabilityGuardArgs) {
    super();
    this.args = argsOf(args);
    this.lowered$ = new ShieldedObservable(this.lowered, error => console.error(error));
  }

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
    // Not the sample's own: in the background, training has gone on.
    const from = learningRateOf(this.model)!;
    const to = Math.max((margin * 2) / top, minLearningRate);
    if (top <= 0 || from <= to) return;
    setLearningRate(this.model, to);
    this.lowered.next({epoch, step, from, to, top});
  }
}
