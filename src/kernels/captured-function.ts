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

/** A function of tensors as a graph of kernels. It owns no tensors. */
export interface CapturedFunction {
  readonly graph: KernelGraph;
  /** The tensor of a constant: one that others hold, or one of the open scope that has the constant's numbers. */
  constant(value: Value): Tensor;
}

/** A function's results, and its kernels; `null` where they do not tell what the function does. */
export interface Capture {
  readonly outputs: readonly Tensor[];
  readonly captured: CapturedFunction | null;
}

/**
 * Runs a function and captures the kernels that it runs as a graph, simplified.
 *
 * Which kernels those are must not depend on the inputs' numbers. A function that reads numbers which depend on them cannot
 * promise that, and is not captured.
 *
 * @param body makes tensors of the inputs. What it keeps beyond its end must be held for as long as the graph is run.
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
  // A value that the function has kept for later calls is a constant, and is not made again.
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
 * What remakes the constants that JavaScript has made, as the function itself does: they are few numbers for the most part.
 * `null` where the engine does not let them be read.
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

/** What is computed of some values, and they themselves. */
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

/** Whether somebody keeps a tensor for later; all others go with their scope. */
function isHeld({kept, isDisposed}: Tensor): boolean {
  return kept && !isDisposed;
}
