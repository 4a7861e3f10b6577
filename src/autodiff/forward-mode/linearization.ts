import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import {sizeOfValue} from '../../graph/graph.js';
import {interpreter} from '../../graph/interpret.js';
import type {KernelNode} from '../../kernels/kernel-op.js';
import {intoScope} from '../../tfjs-internals/core/tensors.js';
import {nativeBackend} from '../../tfjs-internals/node/backend.js';
import type {Recording} from '../recording/recording.js';
import {ruleOf} from '../rules/rule-table.js';
import {single, vmapped} from '../rules/runner.js';
import {CallView} from './call-view.js';
import {KeptTensors} from './kept-tensors.js';
import {layerOf, requireRule} from './require-rule.js';
import type {TangentGraph} from './tangent-graph.js';
import {tangentExecutor, tangentGraph} from './tangent-graph.js';

/** Receives the layer of each linear map before it runs. */
export type LayerListener = (layer: string | null) => void;

/**
 * The derivative (JVP) of a recorded function at the point where it was recorded.
 *
 * Tangents are pushed forward through the recorded kernels. If the function is the gradient of a loss, a push is a
 * Hessian-vector product (Pearlmutter 1994). What does not depend on the tangents is computed once. Only the recorded values
 * that a rule holds are kept.
 */
export class Linearization {
  /** Every push runs the same kernels on the same held tensors. */
  readonly isFixed = true;
  private onLayer: LayerListener = () => {};
  private readonly views: ReadonlyMap<KernelNode, LinearizedCall>;
  private readonly prepared = new Map<string, PreparedPush>();
  /** Constants that several calls share. */
  private readonly common = new KeptTensors();
  /** Merged diagonal factors, by the ids of the two factors. */
  private readonly factors = new KeptTensors();
  /** The number of nodes of all pushes. */
  private readonly whole: number;
  private pushed = 0;

  /**
   * Takes over the recording and its tensors.
   *
   * @param pushes the pushes to prepare, as positions of inputs and outputs; by default from all inputs to all outputs. Pushes
   *     from fewer inputs to fewer outputs also work; others may need values that have been released.
   * @throws UnsupportedKernelError if a kernel between inputs and outputs has no rule; then everything is released.
   */
  constructor(
    private readonly recording: Recording,
    private readonly inputs: readonly (Value | null)[],
    private readonly outputs: readonly (Value | null)[],
    pushes: readonly (readonly [from: readonly number[], to: readonly number[]])[] = [
      [inputs.map((_, i) => i), outputs.map((_, i) => i)],
    ],
  ) {
    this.views = new Map(recording.nodes.map(node => [node, new LinearizedCall(node, recording, this.common)]));
    try {
      this.whole = pushes.reduce((length, [from, to]) => length + this.prepare(from, to).length, 0);
      const held = new Set([...this.views.values()].flatMap(view => [...view.held]));
      recording.release(value => held.has(value));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /**
   * Pushes tangents of some inputs to some outputs.
   *
   * @param from positions of inputs.
   * @param tangents one for each of `from`, in the input's shape; with `probes`, with a leading axis of that length.
   * @param to positions of outputs.
   * @returns one tangent for each of `to`; `null` is zero. The caller owns them.
   */
  push(
    from: readonly number[],
    tangents: readonly Tensor[],
    to: readonly number[],
    probes: number | null = null,
  ): (Tensor | null)[] {
    const prepared = this.prepare(from, to);
    this.pushed += (prepared.length / Math.max(1, this.whole)) * (probes ?? 1);
    if (probes === null || !this.isBestApart(from, to)) return prepared.run(tangents, probes);
    return oneByOne(each => prepared.run(each, null), tangents, probes);
  }

  /**
   * Reports the layer of each map before it runs, to one listener.
   *
   * @returns removes the listener.
   */
  watchLayers(listener: LayerListener): () => void {
    this.onLayer = listener;
    return () => {
      this.onLayer = () => {};
    };
  }

  /** Whether k tangents at once are no faster than one after another. */
  isBestApart(from: readonly number[], to: readonly number[]): boolean {
    return this.prepare(from, to).tangentSize > largeTangent();
  }

  /** How much has been pushed; the unit is all prepared pushes, with one tangent each. */
  get passes(): number {
    return this.pushed;
  }

  dispose(): void {
    this.recording.release();
    for (const view of this.views.values()) view.dispose();
    this.common.dispose();
    this.factors.dispose();
    this.prepared.clear();
  }

  private prepare(from: readonly number[], to: readonly number[]): PreparedPush {
    const key = `${from.join()}>${to.join()}`;
    let prepared = this.prepared.get(key);
    if (prepared === undefined) {
      const [inputs, outputs] = [from.map(i => this.inputs[i] ?? null), to.map(i => this.outputs[i] ?? null)];
      const graph = tangentGraph(
        this.recording.nodes,
        inputs.filter(value => value !== null),
        outputs.filter(value => value !== null),
        (node, names) => {
          const map = requireRule(node, this.recording).linearize(this.views.get(node)!, names);
          return {kernel: node.op.kernel, names, map, layer: layerOf(node, this.recording)};
        },
        (a, b) => this.factors.get([a.id, b.id].sort((i, j) => i - j).join(), () => tf.mul(a, b)),
      );
      prepared = new PreparedPush(graph, inputs, outputs, layer => this.onLayer(layer));
      this.prepared.set(key, prepared);
    }
    return prepared;
  }
}

/**
 * Pushing many tangents at once saves the start time of kernels. If tangents have more numbers than this on average, that
 * time is negligible, and transposing probe axes costs more.
 */
const LARGE_TANGENT = 2 ** 15;

/**
 * On a GPU, starting a kernel takes longer than most of them run, also for tangents of millions of numbers. Above this, the memory
 * for many tangents at once counts: 64 MiB for each value of each of them.
 */
const LARGE_TANGENT_ON_GPU = 2 ** 24;

function largeTangent(): number {
  return nativeBackend()?.isUsingGpuDevice === true ? LARGE_TANGENT_ON_GPU : LARGE_TANGENT;
}

/** Pushes k tangents one after another. */
function oneByOne(
  run: (tangents: readonly Tensor[]) => (Tensor | null)[],
  tangents: readonly Tensor[],
  k: number,
): (Tensor | null)[] {
  return tf.tidy(() => {
    const parts = tangents.map(tangent => tf.unstack(tangent));
    const results = Array.from({length: k}, (_, i) => run(parts.map(part => part[i]!)));
    return results[0]!.map((first, output) => first && tf.stack(results.map(result => result[output]!))) as Tensor[];
  }) as (Tensor | null)[];
}

/** A prepared push from some inputs to some outputs. */
class PreparedPush {
  /** The average number of elements of a tangent. */
  readonly tangentSize: number;
  private readonly runs = new Map<number | null, (tangents: readonly Tensor[]) => Tensor[]>();
  private readonly graph: TangentGraph;
  /** The position of each result among the graph's outputs; `null` for a result that is zero. */
  private readonly results: readonly (number | null)[];

  constructor(
    graph: TangentGraph,
    private readonly inputs: readonly (Value | null)[],
    outputs: readonly (Value | null)[],
    private readonly onLayer: LayerListener,
  ) {
    // An output that no tangent reaches is a constant of the graph.
    const zero = new Set(graph.constants);
    this.graph = {...graph, outputs: graph.outputs.filter(value => !zero.has(value)), constants: []};
    let next = 0;
    this.results = outputs.map(value => (value === null || zero.has(value) ? null : next++));
    const sizes = graph.nodes.flatMap(node => node.outputs.map(sizeOfValue));
    this.tangentSize = sizes.reduce((a, b) => a + b, 0) / Math.max(1, sizes.length);
  }

  get length(): number {
    return this.graph.nodes.length;
  }

  /** @returns one tangent for each output; `null` is zero. The caller owns them. */
  run(tangents: readonly Tensor[], probes: number | null): (Tensor | null)[] {
    const run = this.runs.get(probes) ?? this.prepare(probes);
    this.runs.set(probes, run);
    const made = run(tangents.filter((_, i) => this.inputs[i] !== null)).map(intoScope);
    return this.results.map(at => (at === null ? null : made[at]!));
  }

  private prepare(probes: number | null) {
    const runner = probes === null ? single : vmapped(probes, kernel => ruleOf(kernel)?.vmap);
    return interpreter(
      this.graph,
      tangentExecutor(runner, ({op}) => this.onLayer(op.layer)),
    );
  }
}

/** A recorded call, and the values that its rule holds. */
class LinearizedCall extends CallView {
  readonly held = new Set<Value>();

  constructor(
    node: KernelNode,
    recording: Recording,
    private readonly common: KeptTensors,
  ) {
    super(node, recording);
  }

  override hold(input: string): Tensor {
    this.held.add(this.input(input));
    return super.hold(input);
  }

  override shared(key: string, make: () => Tensor): Tensor {
    return this.common.get(key, make);
  }

  protected tensorOf(value: Value): Tensor {
    return this.recording.tensorOf(value);
  }
}
