import type {NativeTensor} from '../tfjs-internals/node/backend.js';

/** A graph that TensorFlow can run. */
export interface LoadedGraph {
  /** @param feeds the ids of the inputs, then of the constants that are fed. */
  run(feeds: readonly number[]): NativeTensor[];
  unload(): void;
}
