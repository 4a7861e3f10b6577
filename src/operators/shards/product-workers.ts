/** Where the products of a data set's operator are computed: `threads(n)` of `tfjs-hessian/cluster` is one. */
export interface ProductPlacement {
  /** Starts what computes the products of one operator. The operator disposes of it. */
  open(source: ProductSource): ProductWorkers;
}

/** What an operator gives to those who compute its products. All bytes are messages of `tfjs-hessian`, with their version. */
export interface ProductSource {
  /** The name of the TensorFlow.js backend that computes, as in `tf.setBackend`. */
  readonly backend: string;
  /** The model with its weights, and what is computed. */
  readonly setup: Uint8Array;
  /** The number of batches. */
  readonly batches: number;
  /** Bytes that the linearizations may take on a machine, for all workers on it together; `undefined`: as many as it can spare. */
  readonly memoryLimit: number | undefined;
  /** A batch. It is read anew for each call, so that nothing is held twice. */
  batch(index: number): Promise<Uint8Array>;
}

/** What computes the products of one operator, by running tasks on its batches. */
export interface ProductWorkers {
  /**
   * Runs a task on every batch once. A worker that dies is replaced by others. It ends when all answers have been handed over.
   *
   * @param task a message.
   * @param onAnswer takes an answer, which is a message: the sums over some of the batches. The answers come in any order.
   * @param signal stops the work; what it has begun may go on for a batch.
   */
  run(task: Uint8Array, onAnswer: (answer: Uint8Array) => void, signal: AbortSignal): Promise<void>;
  /** Who computes what, for `H.explain()`: the rest of a sentence, and lines. */
  explain?(): string;
  /** Ends the workers. */
  dispose(): void;
}
