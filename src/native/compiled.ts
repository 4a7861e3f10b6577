import type {Tensor} from '@tensorflow/tfjs-core';
import {isObserved} from '../tfjs-internals/core/tape.js';
import type {NativeBackend} from '../tfjs-internals/node/backend.js';
import {nativeBackend} from '../tfjs-internals/node/backend.js';
import type {GraphLoading} from './graph.js';
import {Graph} from './graph.js';
import type {OpList} from './op-list.js';
import {replayer} from './replay.js';
import {foldConstants, simplify, withoutUnread} from './simplify.js';
import {traceOps} from './trace.js';

/** Makes tensors of others. */
export type Body = () => readonly Tensor[];

/**
 * A function of tensors that runs the same kernels on the same held tensors each time. On the native engine its first call is
 * written down, and later ones run what has been written: op by op at first, and as a graph once that pays. Elsewhere, and
 * while somebody listens to kernels, it runs as it is.
 */
export class CompiledFunction {
  private compiled: Compiled | null = null;
  private refused = false;

  /**
   * @param graph when its graph is loaded: when it has run often enough for that to pay, or `'at once'`, for functions that are
   *     known to run often. Its bits are the same with the graph and without.
   */
  constructor(private readonly graph: GraphLoading = 'when it pays') {}

  /**
   * @param body computes the outputs of the inputs by kernels. What else it reads must be held until `dispose`.
   * @returns tensors of the scope that is open.
   */
  call(inputs: readonly Tensor[], body: Body): readonly Tensor[] {
    const backend = this.refused || isObserved() ? null : nativeBackend();
    if (backend === null) return body();
    if (this.compiled !== null) return this.compiled.run(inputs);
    const {outputs, ops} = traceOps(backend, inputs, body);
    if (ops === null) {
      this.refused = true;
      return outputs;
    }
    this.compiled = new Compiled(backend, ops, this.graph);
    return this.graph === 'at once' ? this.compiled.run(inputs) : outputs;
  }

  dispose(): void {
    this.compiled?.dispose();
    this.compiled = null;
    this.refused = true;
  }
}

class Compiled {
  private readonly list: OpList;
  private readonly replay: ReturnType<typeof replayer>;
  private graph: Graph | null | undefined;

  constructor(
    private readonly backend: NativeBackend,
    traced: OpList,
    private readonly loading: GraphLoading,
  ) {
    const {binding} = backend;
    const folded = foldConstants(withoutUnread(simplify(traced)), binding);
    this.list = withoutUnread(folded);
    const kept = owned(this.list);
    for (const id of new Set([...owned(traced), ...owned(folded)])) if (!kept.has(id)) binding.deleteTensor(id);
    this.replay = replayer(this.list, binding);
  }

  run(inputs: readonly Tensor[]): Tensor[] {
    const {backend, list} = this;
    const ids = backend.getInputTensorIds(inputs);
    // On a GPU, what a graph is fed would go through the host's memory.
    if (this.graph === undefined)
      this.graph = backend.isUsingGpuDevice ? null : Graph.of(list, backend.binding, this.loading);
    return (this.graph?.run(ids) ?? this.replay(ids)).map(made => backend.createOutputTensor(made));
  }

  dispose(): void {
    this.graph?.dispose();
    for (const id of owned(this.list)) this.backend.binding.deleteTensor(id);
  }
}

/** What a list must give back. */
function owned({constants}: OpList): ReadonlySet<number> {
  return new Set([...constants.values()].filter(constant => constant.owned).map(({id}) => id));
}
