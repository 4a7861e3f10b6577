import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {withoutDeadNodes} from '../graph/dead-nodes.js';
import type {Value} from '../graph/graph.js';
import {graphOf} from '../graph/graph.js';
import type {Effect} from '../graph/pass-through.js';
import {withoutPassThrough} from '../graph/pass-through.js';
import {nextTensorId} from '../tfjs-internals/core/engine.js';
import {watchReads} from '../tfjs-internals/core/reads.js';
import type {KernelGraph, KernelNode} from './kernel-op.js';
import type {LayerContext} from './kernel-recorder.js';
import {KernelRecorder} from './kernel-recorder.js';
import type {TensorStore} from './tensor-store.js';

/** A function of tensors, as a graph of kernels. It owns no tensors. */
export interface CapturedFunction {
  readonly graph: KernelGraph;
  /** The tensor of a constant: one that others hold, or a new one of the open scope. */
  constant(value: Value): Tensor;
}

/** A function's results, and its kernels; `null` if they do not define the function. */
export interface Capture {
  readonly outputs: readonly Tensor[];
  readonly captured: CapturedFunction | null;
}

/**
 * Runs a function and captures its kernels as a simplified graph.
 *
 * The kernels must not depend on the numbers in the inputs. So a function that reads numbers which depend on its inputs is not
 * captured.
 *
 * @param body computes the outputs from the inputs. Tensors that it keeps must be held as long as the graph is used.
 */
export function captureFunction(
  inputs: readonly Tensor[],
  body: () => readonly Tensor[],
  layer?: LayerContext,
): Capture {
  const first = nextTensorId();
  const recorder = new KernelRecorder({layer, holdsOutputs: false, holdsInput: ({id}) => id >= first});
  const {store, nodes} = recorder;
  const given = inputs.map(tensor => store.add(tensor, false));
  const read = new Set<object>();
  const stopWatching = watchReads(dataId => read.add(dataId));
  let outputs: readonly Tensor[] | undefined;
  try {
    outputs = body();
  } finally {
    stopWatching();
    recorder.stop();
    if (outputs === undefined) store.release();
  }
  const results = outputs.map(tensor => store.find(tensor));
  const varying = dependents(nodes, given);
  const isDistinct = new Set([...inputs, ...results]).size === inputs.length + results.length;
  const isFunction = results.every(value => value && varying.has(value) && !given.includes(value));
  const isRead = [...varying].some(value => read.has(store.tensorOf(value).dataId));
  if (!isDistinct || !isFunction || isRead) {
    store.release();
    return {outputs, captured: null};
  }
  // A value that the function keeps for later calls is a constant and is not computed again.
  const isKept = (value: Value) => !varying.has(value) && isHeld(store.tensorOf(value));
  const toRun = nodes.filter(node => !node.outputs.every(isKept));
  const graph = withoutDeadNodes(withoutPassThrough(graphOf(given, toRun, results as Value[]), effectOf));
  const literals = literalsOf(
    graph.constants.filter(value => store.owns(value)),
    store,
  );
  const held = new Map(graph.constants.map(value => [value, store.tensorOf(value)] as const));
  store.release();
  if (literals === null) return {outputs, captured: null};
  const constant = (value: Value) => literals.get(value)?.() ?? held.get(value)!;
  return {outputs, captured: {graph, constant}};
}

/**
 * Functions that make the constants that JavaScript made inside the function, mostly a few numbers each.
 *
 * @returns `null` if the engine cannot read tensors synchronously.
 */
function literalsOf(values: readonly Value[], store: TensorStore): ReadonlyMap<Value, () => Tensor> | null {
  try {
    return new Map(
      values.map(value => {
        const {shape, dtype} = store.tensorOf(value);
        const numbers = store.tensorOf(value).dataSync();
        return [value, () => tf.tensor(numbers, shape, dtype)] as const;
      }),
    );
  } catch {
    return null;
  }
}

/** The given values and all values that are computed from them. */
function dependents(nodes: readonly KernelNode[], values: readonly Value[]): ReadonlySet<Value> {
  const found = new Set(values);
  for (const {inputs, outputs} of nodes) {
    if (inputs.some(value => found.has(value))) for (const value of outputs) found.add(value);
  }
  return found;
}

function effectOf({op: {kernel, attrs}, inputs}: KernelNode): Effect {
  if (kernel === 'Reshape') return 'reshape';
  return kernel === 'Cast' && attrs.dtype === inputs[0]!.dtype ? 'none' : 'other';
}

/** Whether a tensor is kept beyond its scope. */
function isHeld({kept, isDisposed}: Tensor): boolean {
  return kept && !isDisposed;
}
