import type {LayersModel} from '@tensorflow/tfjs-layers';
import {TfjsHessianError} from '../../errors.js';
import type {Batch} from '../../model/batch.js';
import {checkBatch} from '../../model/batch.js';
import type {WeightSnapshot} from '../../model/weight-snapshot.js';
import {deriveSeed} from '../../random.js';
import type {HessianSample, SampleCost, SampleFailure} from '../../streams/hessian-sample.js';
import {toError} from '../../streams/shielded.js';
import {learningRateOf} from '../../tfjs-internals/layers/learning-rate.js';
import {waitAtMost} from '../../wait-at-most.js';
import type {Sampler} from '../background/sampler.js';
import type {CheckedArgs} from '../callback-args.js';
import {announceCost} from '../cost/announce-cost.js';
import type {TrainingRun} from '../training-run.js';
import {gradientStatistics, passesOf} from './gradient-statistics.js';
import type {Measurement} from './measure-curvature.js';
import {measureCurvature} from './measure-curvature.js';
import {edgeProducts, readEdge} from './read-edge.js';

export interface SampleTakerArgs {
  readonly args: CheckedArgs;
  /** The names of the layers that are sampled now. */
  readonly layersOf: (model: LayersModel) => string[];
  /** The batch of the newest training step; `null` before the first step. */
  readonly trainingBatch: () => Batch | null;
  /** The weights before the newest step, if gradients are measured; `null` before the first one. */
  readonly weightsBefore: () => WeightSnapshot | null;
  readonly onSample: (sample: HessianSample, run: TrainingRun) => void;
  readonly onFailure: (failure: SampleFailure) => void;
}

/** What training waited for: a finished sample, or in the background a sample that arrives later. */
interface Taken {
  readonly arrival: Promise<HessianSample | null>;
}

const DONE = Promise.resolve();

const WAYS_OUT =
  'fewer rows (subBatch), fewer steps, fewer layers (layers), a schedule such as withinBudget(0.05), or background: true';

const NOTHING: Taken = {arrival: Promise.resolve(null)};

/** The moment to which a sample belongs. */
type Moment = Pick<HessianSample, 'epoch' | 'batch' | 'step' | 'totalEpoch' | 'fit' | 'fitStep' | 'learningRate'> &
  Pick<SampleCost, 'skipped'>;

/** Takes the samples of a callback, one after the other, on this thread or in a worker. */
export class SampleTaker {
  private readonly background: Sampler | null;
  /** Resolves when the current sample, and those that wait for it, are done. */
  private turn: Promise<unknown> = Promise.resolve();
  private newest: Promise<unknown> = Promise.resolve();

  constructor(private readonly given: SampleTakerArgs) {
    this.background = given.args.background?.make() ?? null;
  }

  /** Called when a run begins. */
  open(): void {
    this.background?.open();
  }

  /** Resolves when every sample that was due has come. */
  async drained(): Promise<void> {
    await this.turn;
  }

  /** Resolves as `drained` does, or when the end of a fit has waited long enough. */
  async waitAtEnd(): Promise<void> {
    await waitAtMost(this.given.args.background?.waitAtEnd ?? Number.POSITIVE_INFINITY, this.drained());
  }

  dispose(): void {
    this.background?.dispose();
  }

  /** How long training is expected to wait for the first sample of a run, in training steps. */
  firstCost({layerCount}: TrainingRun): number {
    const {steps, probes, gradientParts} = this.given.args;
    const ofGradients = gradientParts === null ? 0 : passesOf(gradientParts, true);
    // A product takes about half a training step: blocks are parts of the network, and probes are pushed together.
    return this.background === null ? 2 + ofGradients + (steps * probes * (1 + layerCount)) / 2 : 1;
  }

  /** Takes a sample. Never rejects. Training waits until it resolves; in the background the sample arrives later. */
  async take(run: TrainingRun, batch: number | null): Promise<Taken> {
    if (this.background === null) {
      const taken = this.turn.then(() => this.takeNow(run, batch));
      this.turn = taken;
      return taken;
    }
    if (this.background.isFull || this.background.isDead) {
      run.skip();
      return NOTHING;
    }
    const taken = this.takeNow(run, batch);
    const arrived = taken.then(({arrival}) => arrival);
    this.turn = Promise.all([this.turn, arrived]);
    return taken;
  }

  private async takeNow(run: TrainingRun, batch: number | null): Promise<Taken> {
    if (run.isOver) return NOTHING;
    const began = performance.now();
    const {epoch, step, totalEpoch, fit, fitStep} = run;
    const counts = {epoch, batch, step, totalEpoch, fit, fitStep};
    const moment = {...counts, skipped: run.begin(), learningRate: learningRateOf(run.model)};
    try {
      const measured = this.inOrder(this.measure(run, await this.batch()));
      if (this.background === null) await measured;
      return {arrival: this.arrive(run, moment, began, measured)};
    } catch (error) {
      run.addFailure();
      this.given.onFailure({error: toError(error), epoch, batch, step});
      return NOTHING;
    } finally {
      run.addWait(performance.now() - began);
    }
  }

  /** Comes when the measurements before have come, or have failed. */
  private inOrder(measured: Promise<Measurement>): Promise<Measurement> {
    // Whoever waits for the others may not yet listen to this one.
    measured.catch(() => {});
    const inOrder = this.newest.then(() => measured);
    this.newest = inOrder.catch(() => {});
    return inOrder;
  }

  private async batch(): Promise<Batch> {
    const {batch} = this.given.args;
    if (batch !== 'training') return typeof batch === 'function' ? checkBatch(await batch()) : batch;
    const held = this.given.trainingBatch();
    if (held !== null) return held;
    throw new TfjsHessianError(
      'There is no training batch before the first step; give the callback a batch of its own, {batch: {x, y}}.',
    );
  }

  private async measure(run: TrainingRun, batch: Batch): Promise<Measurement> {
    const {gradientParts: parts, regularizers, subBatch, seed} = this.given.args;
    if (parts === null) return this.measureCurvature(run, batch);
    const before = this.given.weightsBefore();
    const measured = gradientStatistics(run.model, batch, {
      before,
      parts,
      regularizers,
      subBatch,
      seed: deriveSeed(seed, run.sampled + run.expected.count),
    });
    const [curvature, {gradients, gradientPasses}] = await Promise.all([this.measureCurvature(run, batch), measured]);
    return {...curvature, gradients, gradientPasses: curvature.gradientPasses + gradientPasses};
  }

  private measureCurvature({model, sampled, expected, training}: TrainingRun, batch: Batch): Promise<Measurement> {
    const {operator, regularizers, steps, probes, traceProbes, k, subBatch, seed} = this.given.args;
    const layers = this.given.layersOf(model);
    const work = {operator, regularizers, layers, steps, probes, traceProbes, k, subBatch};
    const args = {...work, seed: deriveSeed(seed, sampled + expected.count)};
    // With the weights and the optimizer's state of one and the same step.
    const edge = readEdge(model, operator);
    if (this.background !== null) return this.background.measure(model, batch, args, edge, training);
    return measureCurvature(model, batch, args, edge, made =>
      sampled === 0 ? announceCost(made, {...args, edgeProducts: edgeProducts(model, operator, args)}, WAYS_OUT) : DONE,
    );
  }

  /** Publishes a sample when it is measured. Never rejects. */
  private async arrive(
    run: TrainingRun,
    {skipped, learningRate, ...counts}: Moment,
    began: number,
    measured: Promise<Measurement>,
  ): Promise<HessianSample | null> {
    const isLate = () => run.isOver && this.background === null;
    run.expect();
    try {
      const {gradientPasses, ...measurement} = await measured;
      if (isLate()) return null;
      const milliseconds = performance.now() - began;
      const sample: HessianSample = {
        schema: 2,
        run: run.id,
        index: run.index,
        ...counts,
        training: run.training,
        time: new Date().toISOString(),
        ...measurement,
        learningRate,
        cost: {gradientPasses, milliseconds, shareOfTraining: run.shareOfTraining, skipped},
      };
      run.add(sample);
      this.given.onSample(sample, run);
      return sample;
    } catch (error) {
      const {epoch, batch, step} = counts;
      run.addFailure();
      if (!isLate()) this.given.onFailure({error: toError(error), epoch, batch, step});
      return null;
    } finally {
      run.settle();
    }
  }
}
