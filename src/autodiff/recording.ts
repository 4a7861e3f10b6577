import type {DataType, NamedTensorMap, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Attributes} from '../tfjs-internals/core/engine.js';
import {type RunKernel, replaceRunKernel} from '../tfjs-internals/core/kernels.js';
import {abandonTape, watchGradients} from '../tfjs-internals/core/tape.js';
import {holdTensor, inScope} from '../tfjs-internals/core/tensors.js';
import {correctionOf} from './corrections/backward-kernels.js';
import {replaceTileGradient} from './corrections/tile-gradient.js';
import {replaceWrongGradients} from './corrections/wrong-gradients.js';
import {isFused} from './fused.js';
import {runAsNamed} from './run-kernel.js';

/** A value that kernels read or wrote. Clones of it (`Identity`) are the same value. */
export interface Slot {
  readonly index: number;
  readonly shape: readonly number[];
  readonly dtype: DataType;
  /** The tensor as it was, held by the recording; `null` once it has been released. */
  tensor: Tensor | null;
  /** The call that wrote it; `null` for what came from outside. */
  readonly producer: RecordedCall | null;
}

/** One kernel as it ran. */
export interface RecordedCall {
  readonly kernel: string;
  readonly inputs: ReadonlyMap<string, Slot>;
  readonly attrs: Attributes;
  readonly outputs: Slot[];
  /** The layer that ran it, where it is known. */
  readonly layer: string | null;
}

/** Where a function's gradient may be something else than the derivative of the kernels that it runs. */
export interface OwnGradient {
  /** A gradient taken inside the function, or a function with a gradient of its own: `tf.customGrad`. */
  readonly kind: 'nested' | 'custom';
  /** The layer that it stands in, where it is known. */
  readonly layer: string | null;
}

/** The kernels that a function ran, in their order, and every value they touched. */
export class Recording {
  readonly calls: RecordedCall[] = [];
  readonly ownGradients: OwnGradient[] = [];
  private readonly slots: Slot[] = [];
  private readonly slotOfTensor = new Map<number, {readonly slot: Slot; readonly dataId: object}>();

  /** The slot of a tensor that was touched, or `undefined`. */
  slotOf(tensor: Tensor): Slot | undefined {
    const known = this.slotOfTensor.get(tensor.id);
    // A variable keeps its id when it is assigned a new value. A clone's data may be its own: WebAssembly's `Identity` copies.
    return known?.dataId === tensor.dataId ? known.slot : undefined;
  }

  /** The slot of a tensor; one from outside gets a new one, and its data is held. */
  touch(tensor: Tensor, producer: RecordedCall | null = null): Slot {
    const known = this.slotOf(tensor);
    if (known !== undefined) return known;
    const slot: Slot = {
      index: this.slots.length,
      shape: tensor.shape,
      dtype: tensor.dtype,
      tensor: holdTensor(tensor),
      producer,
    };
    this.slots.push(slot);
    this.alias(tensor, slot);
    return slot;
  }

  /** Makes a tensor another name of a slot. */
  alias(tensor: Tensor, slot: Slot): void {
    this.slotOfTensor.set(tensor.id, {slot, dataId: tensor.dataId});
  }

  /** The slots of all variables that may be trained. */
  trainable(): Slot[] {
    return Object.values(tf.engine().registeredVariables)
      .filter(({trainable}) => trainable)
      .flatMap(variable => this.slotOf(variable) ?? []);
  }

  /** Gives back all that is held. */
  dispose(): void {
    this.release();
  }

  /** Gives back the held values, but those that are to be kept. */
  release(keep: (slot: Slot) => boolean = () => false): void {
    for (const slot of this.slots) {
      if (slot.tensor !== null && !keep(slot)) {
        slot.tensor.dispose();
        slot.tensor = null;
      }
    }
  }
}

/** A kernel that threw an error, and the layer that it belongs to, where that is known. */
export type FailedCall = Pick<RecordedCall, 'kernel' | 'layer'>;

const failures = new WeakMap<object, FailedCall>();

function noteFailure(error: unknown, call: FailedCall): void {
  if (typeof error === 'object' && error !== null && !failures.has(error)) failures.set(error, call);
}

/** The forward kernel that a backward kernel belongs to: one that read the same, or the last, which the pass comes to first. */
function forwardOf(backward: RecordedCall, {calls}: Recording): RecordedCall | undefined {
  const family = calls.filter(({kernel, layer}) => {
    if (layer === null) return false;
    if (backward.kernel === 'UnsortedSegmentSum') return kernel === 'GatherV2';
    return backward.kernel.startsWith(kernel.replace(/^_?Fused/, ''));
  });
  const read = new Set(backward.inputs.values());
  return family.findLast(({inputs}) => [...inputs.values()].some(slot => read.has(slot))) ?? family.at(-1);
}

/** Finds the kernel of a recording of which TensorFlow.js says that it has no gradient: it does not name the layer. */
export function noteMissingGradient(error: unknown, {calls}: Recording): void {
  if (!(error instanceof Error)) return;
  const [, missing] = /gradient function not found for (\w+)/.exec(error.message) ?? [];
  const isMeant = error.message.includes('dilation rates greater than 1') ? isDilated : isOf(missing);
  const call = calls.findLast(each => each.layer !== null && isMeant(each));
  if (call !== undefined) noteFailure(error, call);
}

function isOf(kernel: string | undefined): (call: RecordedCall) => boolean {
  return call => call.kernel === kernel;
}

function isDilated({attrs: {dilations}}: RecordedCall): boolean {
  return [dilations].flat().some(rate => Number(rate) > 1);
}

/** The recorded kernel that threw an error, or of which it says that there is no gradient. */
export function failedCall(error: unknown): FailedCall | null {
  return (typeof error === 'object' && error !== null && failures.get(error)) || null;
}

/** What tells a recording which layer is running. */
export type LayerContext = () => string | null;

export interface RecorderArgs {
  /** Whether what is recorded is a training's own forward pass, whose gradient is left as it is. */
  readonly trains?: boolean;
}

/**
 * Listens to every kernel that tfjs-core runs, until it is stopped.
 *
 * Forward and backward kernels alike pass through `runKernel` of the engine instance. A kernel that runs inside another
 * one is that one's own business, except `Identity`: the clones that the tape saves are made there. Meanwhile gradients
 * that are no derivative of their kernel are replaced, and the kernels that stand in for a backward one that the engine
 * computes wrongly are recorded in its place. A tile's gradient is a sum, so that the backward kernels are few.
 */
export class Recorder {
  readonly recording = new Recording();
  private readonly restoreKernels: () => void;
  private depth = 0;
  private paused = 0;
  private readonly stopNaming = runAsNamed();
  private readonly restoreGradients: readonly (() => void)[];
  private readonly stopWatching: () => void;

  constructor(
    private readonly layerContext: LayerContext = () => null,
    {trains = false}: RecorderArgs = {},
  ) {
    this.restoreGradients = [replaceTileGradient(), ...(trains ? [] : [replaceWrongGradients()])];
    this.restoreKernels = replaceRunKernel(
      run => (kernel, inputs, attrs) => this.intercept(run, kernel, inputs, attrs),
    );
    this.stopWatching = watchGradients({
      onNested: () => this.noteGradient('nested'),
      onCustom: forward => this.runCustom(forward),
    });
  }

  stop(): Recording {
    this.stopNaming();
    this.stopWatching();
    for (const restore of this.restoreGradients) restore();
    this.restoreKernels();
    return this.recording;
  }

  /** Runs a function whose kernels are not to be recorded. */
  pause<T>(body: () => T): T {
    this.paused++;
    try {
      return body();
    } finally {
      this.paused--;
    }
  }

  private noteGradient(kind: OwnGradient['kind']): void {
    if (this.paused === 0) this.recording.ownGradients.push({kind, layer: this.layerContext()});
  }

  /** TensorFlow.js' own fused ops have custom gradients too; those are right. */
  private runCustom(forward: () => void): void {
    const before = this.recording.calls.length;
    forward();
    const ran = this.recording.calls.slice(before).filter(({kernel}) => kernel !== 'Reshape');
    if (ran.length === 0 || !ran.every(({kernel}) => isFused(kernel))) this.noteGradient('custom');
  }

  private intercept(
    runNow: RunKernel,
    kernel: string,
    inputs: NamedTensorMap,
    attrs: Attributes = {},
  ): Tensor | Tensor[] {
    const run = () => runNow(kernel, inputs, attrs);
    if (this.paused > 0) return run();
    if (kernel === 'Identity') return this.recordClone(inputs, run());
    if (this.depth > 0) return run();
    const corrected = correctionOf(kernel, inputs, attrs)?.();
    if (corrected !== undefined) return corrected.length === 1 ? corrected[0]! : corrected;
    // The call takes its place before it runs: clones of its outputs are made while it does.
    const call: RecordedCall = {
      kernel,
      inputs: new Map(
        Object.entries(inputs)
          .filter(([, tensor]) => tensor != null)
          .map(([name, tensor]) => [name, this.recording.touch(tensor)]),
      ),
      attrs,
      outputs: [],
      layer: this.layerContext(),
    };
    const place = this.recording.calls.push(call) - 1;
    const clones: [source: Tensor, clone: Tensor][] = [];
    this.pendingClones.push(clones);
    this.depth++;
    let outputs: Tensor | Tensor[];
    try {
      outputs = run();
    } catch (error) {
      this.recording.calls.splice(place, 1);
      // What was kept for a backward pass that there will not be.
      for (const [, clone] of clones) clone.dispose();
      noteFailure(error, {kernel, layer: call.layer ?? forwardOf(call, this.recording)?.layer ?? null});
      throw error;
    } finally {
      this.depth--;
      this.pendingClones.pop();
    }
    for (const tensor of Array.isArray(outputs) ? outputs : [outputs]) {
      call.outputs.push(this.recording.touch(tensor, call));
    }
    // A kernel that hands back one of its inputs has made nothing.
    if (call.outputs.every(slot => slot.producer !== call)) this.recording.calls.splice(place, 1);
    for (const [source, clone] of clones) {
      const slot = this.recording.slotOf(source);
      if (slot !== undefined) this.recording.alias(clone, slot);
    }
    return outputs;
  }

  /** Clones made inside a kernel, whose sources may have no slot before that kernel has returned. */
  private readonly pendingClones: [source: Tensor, clone: Tensor][][] = [];

  private recordClone(inputs: NamedTensorMap, output: Tensor | Tensor[]): Tensor | Tensor[] {
    const clone = output as Tensor;
    const source = inputs.x as Tensor;
    const pending = this.pendingClones.at(-1);
    if (pending !== undefined && this.depth > 0) pending.push([source, clone]);
    else this.recording.alias(clone, this.recording.touch(source));
    return output;
  }
}

/** Runs a function and records its kernels; tensors that it returns it must keep. On an error nothing stays held. */
export function record<T>(
  body: (recorder: Recorder) => T,
  layerContext?: LayerContext,
): {result: T; recording: Recording} {
  const recorder = new Recorder(layerContext);
  let result: T;
  try {
    result = inScope(() => body(recorder));
  } catch (error) {
    const recording = recorder.stop();
    noteMissingGradient(error, recording);
    recording.release();
    abandonTape();
    throw error;
  }
  return {result, recording: recorder.stop()};
}
