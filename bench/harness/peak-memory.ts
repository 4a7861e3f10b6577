import * as tf from '@tensorflow/tfjs-core';

interface TrackingEngine {
  trackTensor(tensor: unknown, backend: unknown): void;
  runKernel(...args: unknown[]): unknown;
}

/**
 * The peak of bytes in tensors while something runs, minus the bytes before. Kernels are intercepted, so products run kernel by
 * kernel: TensorFlow.js does not know the memory of a graph.
 */
export async function peakBytes(run: () => unknown): Promise<number> {
  const engine = tf.engine() as unknown as TrackingEngine;
  const before = tf.memory().numBytes;
  const {trackTensor: original, runKernel} = engine;
  let peak = before;
  engine.trackTensor = function (tensor, backend) {
    original.call(this, tensor, backend);
    peak = Math.max(peak, tf.memory().numBytes);
  };
  engine.runKernel = runKernel.bind(engine);
  try {
    await run();
  } finally {
    // Removes the replacements; the class's methods are used again.
    delete (engine as Partial<TrackingEngine>).trackTensor;
    delete (engine as Partial<TrackingEngine>).runKernel;
  }
  return peak - before;
}
