import type {Tensor} from '@tensorflow/tfjs-core';
import {interpreter} from '../graph/interpret.js';
import {attributesInWords, print} from '../graph/print.js';
import type {NativeBackend, NativeTensor} from '../tfjs-internals/node/backend.js';
import {nativeExecutor, nativeTensor} from './native-executor.js';
import type {NativeFunction} from './native-op.js';
import {simplified} from './simplify.js';
import type {GraphLoading} from './tensorflow-graph.js';
import {TensorFlowGraph} from './tensorflow-graph.js';

/** A lowered function that runs on the native engine: op by op at first, as one TensorFlow graph when loading it pays. */
export class NativeProgram {
  private readonly fn: NativeFunction;
  private readonly runOps: (inputs: readonly NativeTensor[]) => NativeTensor[];
  private graph: TensorFlowGraph | null | undefined;

  /** Takes over the function's constants. */
  constructor(
    private readonly backend: NativeBackend,
    lowered: NativeFunction,
    private readonly loading: GraphLoading,
  ) {
    this.fn = simplified(lowered, backend.binding);
    this.runOps = interpreter(this.fn.graph, nativeExecutor(backend.binding, this.fn.constants));
  }

  /** @returns tensors of the open scope. */
  run(inputs: readonly Tensor[]): Tensor[] {
    const {backend, fn} = this;
    const ids = backend.getInputTensorIds(inputs);
    if (this.graph === undefined) this.graph = TensorFlowGraph.of(fn, backend, this.loading);
    const made = this.graph?.run(ids) ?? this.runOps(ids.map((id, i) => nativeTensor(fn.graph.inputs[i]!, id)));
    return made.map(tensor => backend.createOutputTensor(tensor));
  }

  /** The number of TensorFlow's ops. */
  get ops(): number {
    return this.fn.graph.nodes.length;
  }

  /** The program as text: a line an op of TensorFlow. */
  explain(): string {
    const {graph} = this.fn;
    const {TF_ATTR_TYPE} = this.backend.binding;
    const text = print(graph, {
      words({name, attributes}) {
        // Types are those of the operands.
        const shown = attributes.filter(({type}) => type !== TF_ATTR_TYPE);
        return `${name}${attributesInWords(Object.fromEntries(shown.map(({name, value}) => [name, value])))}`;
      },
    });
    return `${graph.nodes.length} TensorFlow ops\n${text}`;
  }

  dispose(): void {
    this.graph?.dispose();
    this.fn.constants.release();
  }
}
