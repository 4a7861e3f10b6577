import * as tf from '@tensorflow/tfjs-core';

interface TrackingEngine {
  trackTensor(tensor: unknown, backend: unknown): void;
  runKernel(...args: unknown[]): unknown;
}

/**
 * The most bytes in tensors while something runs, over those that were there before. Kernels are followed, so that products
 * run by them: what a graph takes for itself TensorFlow.js does not know.
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
    // The methods are the class's again.
    delete (engine as Partial<TrackingEngine>).trackTensor;
    delete (engine as Partial<TrackingEngine>).runKernel;
  }
  return peak - before;
}
