import type {Tensor} from '@tensorflow/tfjs-core';
import type {NativeBackend} from './backend.js';
import {nativeBackend} from './backend.js';
import {Graph} from './graph.js';
import {isObserved} from './observed.js';
import type {OpList} from './op-list.js';
import {replayer} from './replay.js';
import {foldConstants, simplify, withoutUnread} from './simplify.js';
import {traceOps} from './trace.js';

/**
 * A function of tensors that runs the same kernels on the same held tensors each time. On the native engine its first call is
 * written down, and later ones run what has been written: op by op at first, and as a graph once that pays. Elsewhere, and
 * while somebody listens to kernels, it runs as it is.
 */
export class CompiledFunction {
  private compiled: Compiled | null = null;
  private refused = false;

  /** @param body makes one tensor, in the scope of who calls. What it holds must be held until `dispose`. */
  constructor(private readonly body: (...inputs: readonly Tensor[]) => Tensor) {}

  call(...inputs: readonly Tensor[]): Tensor {
    const backend = this.refused || isObserved() ? null : nativeBackend();
    if (backend === null) return this.body(...inputs);
    if (this.compiled !== null) return this.compiled.run(inputs);
    const {output, ops} = traceOps(backend, inputs, () => this.body(...inputs));
    if (ops === null) this.refused = true;
    else this.compiled = new Compiled(backend, ops);
    return output;
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
  ) {
    const {binding} = backend;
    const folded = foldConstants(withoutUnread(simplify(traced)), binding);
    this.list = withoutUnread(folded);
    const kept = owned(this.list);
    for (const id of new Set([...owned(traced), ...owned(folded)])) if (!kept.has(id)) binding.deleteTensor(id);
    this.replay = replayer(this.list, binding);
  }

  run(inputs: readonly Tensor[]): Tensor {
    const {backend, list} = this;
    const ids = backend.getInputTensorIds(inputs);
    // On a GPU, what a graph is fed would go through the host's memory.
    if (this.graph === undefined) this.graph = backend.isUsingGpuDevice ? null : Graph.of(list, backend.binding);
    return backend.createOutputTensor(this.graph?.run(ids) ?? this.replay(ids));
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
