import {Callback} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {finiteNumber, numberFrom, oneOf, orNull, text, wholeNumber} from '../../arguments/kinds.js';
import {nearestName} from '../../arguments/nearest-name.js';
import {optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError} from '../../errors.js';
import type {MetricName} from '../../metrics/built-in.js';
import {metricOf, metric as metricSchema} from '../../metrics/built-in.js';
import type {Metric} from '../../metrics/metric.js';
import {forLayer} from '../../streams/for-layer.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import type {HessianSpectrumCallback} from '../hessian-spectrum-callback.js';
import {curvatureSchema, whileTraining} from './while-training.js';

/** Options of `SharpnessStopping`. */
export interface SharpnessStoppingArgs {
  /** The callback whose samples are watched. It must be in the same list of callbacks. */
  readonly curvature: HessianSpectrumCallback;
  /** The metric that should improve; default `'top'`. */
  readonly metric?: MetricName | Metric;
  /** The name of a layer; default `null`, the whole network. */
  readonly layer?: string | null;
  /** The smallest change that counts as an improvement; default 0. */
  readonly minDelta?: number;
  /** The number of samples without improvement after which training stops; default 0: at the first one. */
  readonly patience?: number;
  /** Whether smaller or larger values are better; default `'min'`, a flatter minimum. */
  readonly mode?: 'min' | 'max';
  /** The value that the first sample must improve on. */
  readonly baseline?: number;
}

const argsOf = optionsOf<SharpnessStoppingArgs>('SharpnessStopping')({
  curvature: curvatureSchema,
  metric: optional(metricSchema, 'top'),
  layer: optional(orNull(text("a layer's name, or null for the whole network")), null),
  minDelta: optional(numberFrom(0), 0),
  patience: optional(wholeNumber(0), 0),
  mode: optional(oneOf(['min', 'max']), 'min'),
  baseline: optional(finiteNumber()),
});

/**
 * Stops training when a metric of the curvature no longer improves. Like `earlyStopping`, but per sample instead of per
 * epoch.
 *
 * If the samples do not have the layer, `failures$` of the callback says so.
 *
 * @throws InvalidArgumentError for an invalid option.
 * @example
 * const curvature = new HessianSpectrumCallback({schedule: everyBatches(50)});
 * const stopping = new SharpnessStopping({curvature, metric: 'top', patience: 3});
 * await model.fit(x, y, {epochs: 100, callbacks: [curvature, stopping]});
 */
export class SharpnessStopping extends Callback {
  /** The epoch in which the newest fit was stopped; `null` if it was not. */
  stoppedEpoch: number | null = null;
  private readonly args: Required<Omit<SharpnessStoppingArgs, 'metric' | 'baseline'>> & {
    metric: Metric;
    baseline: number;
  };
  private best = 0;
  private wait = 0;
  /** Whether the check for the layer is done. */
  private isLayerKnown = false;

  constructor(args: SharpnessStoppingArgs) {
    super();
    const {curvature, metric, layer, minDelta, patience, mode, baseline} = argsOf(args);
    const worst = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    const known = metricOf(metric);
    this.args = {curvature, metric: known, layer, minDelta, patience, mode, baseline: baseline ?? worst};
  }

  /** Called by tfjs-layers when a training begins. */
  override async onTrainBegin(): Promise<void> {
    const {curvature, metric, layer, baseline} = this.args;
    this.best = baseline;
    this.wait = 0;
    this.stoppedEpoch = null;
    this.isLayerKnown = layer === null;
    whileTraining(this.model, curvature.samples$, sample => this.requireLayer(sample));
    const points = curvature.metric$(metric).pipe(forLayer(layer));
    whileTraining(this.model, points, ({value, epoch}) => this.look(value, epoch));
  }

  /** Checks once per fit that the samples have the layer. An error thrown here, in a subscriber, appears on `failures$`. */
  private requireLayer({layers}: HessianSample): void {
    const {layer} = this.args;
    if (this.isLayerKnown || layer === null) return;
    this.isLayerKnown = true;
    const names = layers.map(({name}) => name);
    if (names.includes(layer)) return;
    const nearest = nearestName(layer, names);
    throw new InvalidArgumentError(
      `SharpnessStopping waits for layer "${layer}", which the samples do not have${nearest === null ? '.' : `; did you mean "${nearest}"?`} ` +
        `The samples have: ${names.join(', ')}.`,
    );
  }

  private look(value: number, epoch: number): void {
    const {mode, minDelta, patience} = this.args;
    const improves = mode === 'min' ? value + minDelta < this.best : value - minDelta > this.best;
    if (improves) {
      this.best = value;
      this.wait = 0;
    } else if (++this.wait >= patience) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }
}
