import * as tf from '@tensorflow/tfjs-core';

interface TrackingEngine {
  trackTensor(tensor: unknown, backend: unknown): void;
}

/** The most bytes in tensors while something runs, over those that were there before. */
export async function peakBytes(run: () => unknown): Promise<number> {
  const engine = tf.engine() as unknown as TrackingEngine;
  const before = tf.memory().numBytes;
  const original = engine.trackTensor;
  let peak = before;
  engine.trackTensor = function (tensor, backend) {
    original.call(this, tensor, backend);
    peak = Math.max(peak, tf.memory().numBytes);
  };
  try {
    await run();
  } finally {
    // The method is the class's again.
    delete (engine as Partial<TrackingEngine>).trackTensor;
  }
  return peak - before;
}
