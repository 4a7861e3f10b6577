import type {Graph, Node, Value} from '../graph/graph.js';
import type {Attributes} from '../tfjs-internals/core/engine.js';

/** A kernel of TensorFlow.js, as an op of a graph. */
export interface KernelOp {
  readonly kernel: string;
  readonly attrs: Attributes;
  /** The kernel's input names, in the order of the node's inputs. */
  readonly inputNames: readonly string[];
  /** The layer that ran it; `null` if it is not known. */
  readonly layer: string | null;
}

export type KernelNode = Node<KernelOp>;
export type KernelGraph = Graph<KernelOp>;

/** A kernel's input by its name. */
export function inputNamed(node: KernelNode, name: string): Value | undefined {
  return node.inputs[node.op.inputNames.indexOf(name)];
}
