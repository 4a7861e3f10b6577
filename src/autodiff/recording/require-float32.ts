import * as tf from '@tensorflow/tfjs-core';
import {EngineError} from '../../errors.js';

/** @throws EngineError if the engine in use computes in half precision, which is too coarse for second derivatives. */
export function requireFloat32(): void {
  if (tf.getBackend() !== 'webgl' || tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) return;
  throw new EngineError(
    'WebGL computes with 16-bit numbers here (WEBGL_RENDER_FLOAT32_ENABLED is false): 3 digits, which are too few for second ' +
      "derivatives. Use another engine: await tf.setBackend('webgpu'), 'wasm' or 'cpu'.",
    'webgl',
  );
}
