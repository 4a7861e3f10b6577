import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import {sizeOfValue} from '../../graph/graph.js';
import {interpreter} from '../../graph/interpret.js';
import type {KernelNode} from '../../kernels/kernel-op.js';
import {intoScope} from '../../tfjs-internals/core/tensors.js';
import type {Recording} from '../recording/recording.js';
import {ruleOf} from '../rules/rule-table.js';
import {single, vmapped} from '../rules/runner.js';
import {CallView} from './call-view.js';
import {KeptTensors} from './kept-tensors.js';
import {layerOf, requireRule} from './require-rule.js';
import type {TangentGraph} from './tangent-graph.js';
import {tangentExecutor, tangentGraph} from './tangent-graph.js';

/** Is told the layer of each map before it runs. */
export type LayerListener = (layer: string | null) => void;

/**
 * The derivative of a recorded function at the point where it was recorded.
 *
 * Tangents are pushed through the recorded kernels in their order (forward mode). Where the function is a loss's gradient,
 * a push is a Hessian-vector product (Pearlmutter 1994). What does not depend on the tangents is computed once; of the
 * recorded values only those stay held that a rule asks for.
 */
export class Linearization {
  /** A push runs the same kernels on the same held tensors each time. */
  readonly isFixed = true;
  private onLayer: LayerListener = () => {};
  private readonly views: ReadonlyMap<KernelNode, LinearizedCall>;
  private readonly programs = new Map<string, Program>();
  /** What several calls share. */
  private readonly common = new KeptTensors();
  /** Products of rules' factors, by the two tensors' ids. */
  private readonly factors = new KeptTensors();
  /** Nodes in all the pushes. */
  private readonly whole: number;
  private pushed = 0;

  /**
   * Takes over the recording and what it holds.
   *
   * @param pushes what will be pushed from where to where, by positions; by default all inputs to all outputs. Pushes from
   *     fewer inputs to fewer outputs go with it; others may find values released that they need.
   * @throws UnsupportedKernelError where a kernel between inputs and outputs has no rule; then nothing stays held.
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
      this.whole = pushes.reduce((length, [from, to]) => length + this.program(from, to).length, 0);
      const held = new Set([...this.views.values()].flatMap(view => [...view.held]));
      recording.release(value => held.has(value));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /**
   * Pushes tangents of some inputs to some outputs, both named by their positions.
   *
   * @param tangents one for each of `from`, in the input's shape; with `probes`, in that shape behind an axis of k.
   * @returns one for each of `to`, `null` where it is zero; the caller owns them.
   */
  push(
    from: readonly number[],
    tangents: readonly Tensor[],
    to: readonly number[],
    probes: number | null = null,
  ): (Tensor | null)[] {
    const program = this.program(from, to);
    this.pushed += (program.length / Math.max(1, this.whole)) * (probes ?? 1);
    if (probes === null || !this.isBestApart(from, to)) return program.run(tangents, probes);
    return oneByOne(each => program.run(each, null), tangents, probes);
  }

  /** Reports the layer of each map before it runs, to one listener. */
  watchLayers(listener: LayerListener): () => void {
    this.onLayer = listener;
    return () => {
      this.onLayer = () => {};
    };
  }

  /** Whether k tangents at once take as long as one after the other. */
  isBestApart(from: readonly number[], to: readonly number[]): boolean {
    return this.program(from, to).tangentSize > LARGE_TANGENT;
  }

  /** How much has been pushed, in rounds of all pushes with one tangent each. */
  get passes(): number {
    return this.pushed;
  }

  dispose(): void {
    this.recording.release();
    for (const view of this.views.values()) view.dispose();
    this.common.dispose();
    this.factors.dispose();
    this.programs.clear();
  }

  private program(from: readonly number[], to: readonly number[]): Program {
    const key = `${from.join()}>${to.join()}`;
    let program = this.programs.get(key);
    if (program === undefined) {
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
      program = new Program(graph, inputs, outputs, layer => this.onLayer(layer));
      this.programs.set(key, program);
    }
    return program;
  }
}

/**
 * Many tangents at once save the time that it takes to start a kernel. On tangents of more numbers than this, on average, the
 * kernels themselves take longer, and moving the probes to where a kernel wants them takes longer still.
 */
const LARGE_TANGENT = 2 ** 15;

/** Pushes k tangents one after the other. */
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

/** The pushes from some inputs to some outputs. */
class Program {
  /** How many numbers a tangent has on average. */
  readonly tangentSize: number;
  private readonly runs = new Map<number | null, (tangents: readonly Tensor[]) => Tensor[]>();
  private readonly graph: TangentGraph;
  /** Which of the graph's outputs is which of the results; `null` for a result that is zero. */
  private readonly results: readonly (number | null)[];

  constructor(
    graph: TangentGraph,
    private readonly inputs: readonly (Value | null)[],
    outputs: readonly (Value | null)[],
    private readonly onLayer: LayerListener,
  ) {
    // An output that no tangent reaches looks like a constant.
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

  /** @returns one tangent for each output, `null` where it is zero; the caller owns them. */
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

/** A recorded call, and what its rule holds of it. */
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
