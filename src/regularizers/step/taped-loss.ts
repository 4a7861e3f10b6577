import type {Scalar} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {TapedJets} from '../../autodiff/forward-mode/jets.js';
import type {Recording} from '../../autodiff/recording/recording.js';
import {Recorder} from '../../autodiff/recording/recording.js';
import type {DeviceVerdict} from '../../autodiff/webgpu/device-errors.js';
import {deviceVerdict} from '../../autodiff/webgpu/device-errors.js';
import type {Value} from '../../graph/graph.js';
import {watchPredictions} from '../../model/data-loss.js';
import {findOutput, likelihoodLosses} from '../../model/output-layer.js';
import {newestLoss} from '../../model/recorded-loss.js';
import {watchRunningLayer} from '../../model/running-layer.js';

/** A forward pass as it was recorded, up to its data loss; what jets make of it lies on the tape that it lies on. */
export interface TapedLoss {
  readonly recording: Recording;
  readonly loss: Value;
  /** z of each output (what the Gauss–Newton matrix is taken around), where they were asked for. */
  readonly outputs: readonly Value[];
  readonly jets: TapedJets;
  /** What the device says of the forward pass and of what comes of it. */
  readonly verdict: DeviceVerdict | null;
  /** Gives back what it holds, the tape's own values excepted. */
  release(): void;
}

/** Records a model's forward pass, from now until it has come to its loss. */
export class ForwardRecording {
  private readonly recorder: Recorder;
  private readonly outputs: Value[] = [];
  private readonly restore: (() => void)[] = [];
  private readonly verdict = deviceVerdict();
  private handedOver = false;

  /** @param withOutputs whether the outputs are looked for; the model must be compiled. */
  constructor(model: LayersModel, withOutputs: boolean) {
    const layer = watchRunningLayer(model);
    this.recorder = new Recorder(layer.name, {trains: true});
    this.restore.push(
      () => this.recorder.stop(),
      () => layer.release(),
    );
    if (!withOutputs) return;
    const losses = likelihoodLosses(model);
    this.restore.push(
      watchPredictions(model, (prediction, target, i) => {
        this.outputs.push(findOutput(this.recorder.recording, prediction, target, losses[i] ?? null).z);
      }),
    );
  }

  /** What the newest kernel has made is the loss. */
  endAtNewest(): TapedLoss {
    return this.end(newestLoss(this.recorder.recording));
  }

  endAt(loss: Scalar): TapedLoss {
    return this.end(this.recorder.recording.valueOf(loss));
  }

  /** Stops recording, if that has not been done; what nobody took over is given back. */
  stop(): void {
    for (const step of this.restore.splice(0)) step();
    if (!this.handedOver) this.recorder.recording.release();
  }

  private end(loss: Value): TapedLoss {
    const {recording} = this.recorder;
    const jets = new TapedJets(recording);
    this.handedOver = true;
    this.stop();
    return {
      recording,
      loss,
      outputs: this.outputs,
      jets,
      verdict: this.verdict,
      release() {
        jets.dispose();
        recording.release();
      },
    };
  }
}
