import type {Scalar} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {TapedJets} from '../../autodiff/forward-mode/jets.js';
import {activeKernels, functionBetween, kernelSignature} from '../../autodiff/recording/active-kernels.js';
import {hasWrongGradient} from '../../autodiff/recording/has-wrong-gradient.js';
import type {Recording} from '../../autodiff/recording/recording.js';
import {Recorder} from '../../autodiff/recording/recording.js';
import {requireFloat32} from '../../autodiff/recording/require-float32.js';
import type {DeviceVerdict} from '../../autodiff/webgpu/device-errors.js';
import {deviceVerdict} from '../../autodiff/webgpu/device-errors.js';
import type {Value} from '../../graph/graph.js';
import {watchPredictions} from '../../model/data-loss.js';
import {findOutput, likelihoodLosses} from '../../model/output-layer.js';
import {newestLoss} from '../../model/recorded-loss.js';
import {watchRunningLayer} from '../../model/running-layer.js';
import type {Disposable} from '../../owned.js';
import {type Undo, undoAll} from '../../tfjs-internals/undo.js';

/** A loss as a function of the variables that may be trained. */
export interface LossFunction {
  readonly weights: readonly Value[];
  /** What it reads besides the weights: data, masks, whatever does not depend on them. */
  readonly given: readonly Value[];
  /** Losses with the same signature run the same kernels in the same order. */
  readonly signature: string;
}

/** A recorded forward pass up to its data loss. Its jets lie on the same tape. */
export class TapedLoss implements Disposable {
  readonly jets: TapedJets;
  private lossFunction: LossFunction | null = null;
  private isTapeWrong: boolean | null = null;

  /**
   * @param outputs z of each output, around which the Gauss–Newton matrix is taken, if they were asked for.
   * @param verdict waits for what the device says of the forward pass and of all that follows.
   */
  constructor(
    readonly recording: Recording,
    readonly loss: Value,
    readonly outputs: readonly Value[],
    readonly verdict: DeviceVerdict | null,
  ) {
    this.jets = new TapedJets(recording);
  }

  /** The loss as a function of the variables that may be trained. */
  get asFunction(): LossFunction {
    if (this.lossFunction === null) {
      const weights = this.recording.trainable();
      const graph = functionBetween(this.recording.nodes, weights, this.ends);
      this.lossFunction = {weights, given: graph.constants, signature: kernelSignature(graph)};
    }
    return this.lossFunction;
  }

  /** Whether the tape of the step would take a wrong gradient of a penalty. */
  get needsOwnTape(): boolean {
    if (this.isTapeWrong === null) {
      const {recording} = this;
      // The values that a gradient inside the loss has saved have no derivative on the step's own tape.
      const takesGradients = recording.ownGradients.some(({kind}) => kind === 'nested');
      const active = activeKernels(recording.nodes, recording.trainable(), this.ends);
      this.isTapeWrong = takesGradients || active.some(({node}) => hasWrongGradient(node, recording));
    }
    return this.isTapeWrong;
  }

  /** The loss and the outputs. */
  get ends(): readonly Value[] {
    return [this.loss, ...this.outputs];
  }

  /** Disposes what it holds. The values on the tape stay. */
  dispose(): void {
    this.jets.dispose();
    this.recording.release();
  }
}

/** Records a model's forward pass from now until its loss. */
export class ForwardRecording implements Disposable {
  private readonly recorder: Recorder;
  private readonly outputs: Value[] = [];
  private readonly stop: Undo;
  private readonly verdict = deviceVerdict();
  private isHandedOver = false;

  /** @param withOutputs whether the outputs are looked for; the model must be compiled. */
  constructor(model: LayersModel, withOutputs: boolean) {
    // Before the model is watched, since the recorder refuses such an engine too late for that.
    requireFloat32();
    const layer = watchRunningLayer(model);
    this.recorder = new Recorder(layer.name, {trains: true});
    const {recording} = this.recorder;
    const losses = withOutputs ? likelihoodLosses(model) : [];
    const stopWatching = withOutputs
      ? watchPredictions(model, (prediction, target, i) => {
          this.outputs.push(findOutput(recording, prediction, target, losses[i] ?? null).z);
        })
      : () => {};
    this.stop = undoAll([() => layer.release(), () => this.recorder.stop(), stopWatching]);
  }

  /** Ends with the newest data loss of a training step. */
  endAtNewest(): TapedLoss {
    return this.end(newestLoss(this.recorder.recording));
  }

  endAt(loss: Scalar): TapedLoss {
    return this.end(this.recorder.recording.valueOf(loss));
  }

  /** Stops recording. The recording is released too, unless the forward pass has ended. */
  dispose(): void {
    this.stop();
    if (!this.isHandedOver) this.recorder.recording.release();
  }

  private end(loss: Value): TapedLoss {
    this.isHandedOver = true;
    this.stop();
    return new TapedLoss(this.recorder.recording, loss, this.outputs, this.verdict);
  }
}
