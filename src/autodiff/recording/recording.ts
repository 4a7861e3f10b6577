import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import {isFused} from '../../kernels/fused-kernels.js';
import type {KernelNode} from '../../kernels/kernel-op.js';
import type {LayerContext} from '../../kernels/kernel-recorder.js';
import {KernelRecorder} from '../../kernels/kernel-recorder.js';
import type {TensorStore} from '../../kernels/tensor-store.js';
import {abandonTape, watchGradients} from '../../tfjs-internals/core/tape.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';
import {type Undo, undoAll} from '../../tfjs-internals/undo.js';
import {correctionOf} from '../gradients/backward-kernels/correction-table.js';
import {fasterGradientsUnnoticed} from '../gradients/faster-gradients.js';
import {replaceTileGradient} from '../gradients/tile-gradient.js';
import {replaceWrongGradients} from '../gradients/wrong-gradients.js';
import {noteFailure, noteMissingGradient} from './failed-kernel.js';
import {requireFloat32} from './require-float32.js';

/** A place where a function's gradient may differ from the derivative of the kernels that it runs. */
export interface OwnGradient {
  /** A gradient taken inside the function, or a function with a gradient of its own: `tf.customGrad`. */
  readonly kind: 'nested' | 'custom';
  /** Its layer; `null` if it is not known. */
  readonly layer: string | null;
}

/** The kernels that a function ran, in order, and the tensors that they read and made. */
export class Recording {
  constructor(
    readonly nodes: readonly KernelNode[],
    readonly ownGradients: readonly OwnGradient[],
    private readonly store: TensorStore,
  ) {}

  /** The value of a tensor that a kernel read or made; `undefined` for other tensors. */
  find(tensor: Tensor): Value | undefined {
    return this.store.find(tensor);
  }

  /** The value of a tensor; an unknown tensor becomes a new value. */
  valueOf(tensor: Tensor): Value {
    return this.store.find(tensor) ?? this.store.add(tensor, true);
  }

  /** The tensor of a value; the recording keeps owning it. */
  tensorOf(value: Value): Tensor {
    return this.store.tensorOf(value);
  }

  /** The number of a value in this recording. */
  idOf(value: Value): number {
    return this.store.idOf(value);
  }

  /** The node that made a value; `undefined` for a value from outside. */
  producerOf(value: Value): KernelNode | undefined {
    return this.nodes.findLast(({outputs}) => outputs.includes(value));
  }

  /** The values of all trainable variables. */
  trainable(): Value[] {
    return Object.values(tf.engine().registeredVariables)
      .filter(({trainable}) => trainable)
      .flatMap(variable => this.find(variable) ?? []);
  }

  /** Releases the tensors, except those to keep. */
  release(keep?: (value: Value) => boolean): void {
    this.store.release(keep);
  }

  dispose(): void {
    this.release();
  }
}

export interface RecorderArgs {
  /** Whether a training step's own forward pass is recorded; its gradient is not changed. Default false. */
  readonly trains?: boolean;
}

/**
 * Records kernels, forward and backward, until it is stopped.
 *
 * Meanwhile wrong gradients of TensorFlow.js are replaced by right ones, and backward kernels that the engine computes wrongly
 * by correct kernels, which are recorded in their place. Slow gradients are replaced by faster ones: that of `tile` is a sum, which
 * takes few kernels.
 */
export class Recorder {
  readonly recording: Recording;
  private readonly kernels: KernelRecorder;
  private readonly ownGradients: OwnGradient[] = [];
  private readonly restore: Undo;

  /** @throws EngineError if the engine in use computes in half precision. */
  constructor(
    private readonly layer: LayerContext = () => null,
    {trains = false}: RecorderArgs = {},
  ) {
    requireFloat32();
    // First, since they may be compared with those of TensorFlow.js by running both.
    const restoreGradients = trains ? replaceTileGradient() : fasterGradientsUnnoticed();
    this.kernels = new KernelRecorder({
      layer,
      holdsOutputs: true,
      holdsInput: () => true,
      replacement: correctionOf,
      onError: (error, node) => noteFailure(error, node, this.kernels.nodes),
    });
    this.recording = new Recording(this.kernels.nodes, this.ownGradients, this.kernels.store);
    this.restore = undoAll([
      () => this.kernels.stop(),
      restoreGradients,
      ...(trains ? [] : [replaceWrongGradients()]),
      watchGradients({
        onNested: () => this.noteGradient('nested'),
        onCustom: forward => this.runCustom(forward),
      }),
    ]);
  }

  stop(): Recording {
    this.restore();
    return this.recording;
  }

  /** Runs a function whose kernels are not recorded. */
  pause<T>(body: () => T): T {
    return this.kernels.pause(body);
  }

  private noteGradient(kind: OwnGradient['kind']): void {
    if (!this.kernels.isPaused) this.ownGradients.push({kind, layer: this.layer()});
  }

  /** The fused ops of TensorFlow.js also have custom gradients, which are right. */
  private runCustom(forward: () => void): void {
    const before = this.kernels.nodes.length;
    forward();
    const ran = this.kernels.nodes.slice(before).filter(({op}) => op.kernel !== 'Reshape');
    if (ran.length === 0 || !ran.every(({op}) => isFused(op.kernel))) this.noteGradient('custom');
  }
}

/**
 * Runs a function and records its kernels. On an error everything is released.
 *
 * @param body must keep the tensors that it returns.
 */
export function record<T>(body: (recorder: Recorder) => T, layer?: LayerContext): {result: T; recording: Recording} {
  const recorder = new Recorder(layer);
  let result: T;
  try {
    result = inScope(() => body(recorder));
  } catch (error) {
    const recording = recorder.stop();
    noteMissingGradient(error, recording.nodes);
    recording.release();
    abandonTape();
    throw error;
  }
  return {result, recording: recorder.stop()};
}
