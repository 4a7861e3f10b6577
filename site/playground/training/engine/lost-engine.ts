import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import {gpuDevice} from '../../../../src/tfjs-internals/core/webgpu.js';

/** Calls a function when the engine in use has lost its graphics card. What it computes from then on is wrong. */
export function onLostEngine(say: (why: string) => void): void {
  if (tf.getBackend() === 'webgl') {
    const {canvas} = (tf.backend() as MathBackendWebGL).getGPGPUContext().gl;
    canvas.addEventListener('webglcontextlost', () => say('the browser has taken its graphics context away'));
  }
  gpuDevice()?.lost.then(({message}) => say(`its device was lost (${message.trim().split('\n')[0]})`));
}

/** Whether the engine in use has lost its graphics card, as far as it can be seen at once. */
export function isEngineLost(): boolean {
  return tf.getBackend() === 'webgl' && (tf.backend() as MathBackendWebGL).getGPGPUContext().gl.isContextLost();
}
