import type {NativeTensor} from '../tfjs-internals/node/backend.js';

/** A graph that TensorFlow can run. */
export interface LoadedGraph {
  /** Runs the graph on tensors, by their ids. */
  run(inputs: readonly number[], constants: readonly number[]): NativeTensor[];
  /** Lets go of the constants. A graph without it holds none between runs, and is used by several functions at once. */
  release?(): void;
  unload(): void;
}
