// The page of the bench in a browser.
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import type {EngineRecord} from '../harness/record.js';
import {type EngineArgs, measureEngine} from './measure-engine.js';

declare global {
  interface Window {
    measure(engine: string, args: EngineArgs): Promise<EngineRecord>;
  }
}

window.measure = async (engine, args) => {
  if (!(await tf.setBackend(engine))) throw new Error(`there is no ${engine} here`);
  await tf.ready();
  return measureEngine(args);
};
