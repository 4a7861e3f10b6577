import os from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import {announceCost} from '../../../src/callbacks/cost/announce-cost.js';
import {HessianSpectrumCallback} from '../../../src/callbacks/hessian-spectrum-callback.js';
import {hessian} from '../../../src/operators/hessian.js';
import {onWarning, type TfjsHessianWarning} from '../../../src/warnings.js';
import {useEngine} from '../../engines.js';

const warnings: TfjsHessianWarning[] = [];
beforeAll(async () => {
  await useEngine('cpu');
  return onWarning(warning => warnings.push(warning));
});
let model: tfl.Sequential;
let x: tf.Tensor;
let y: tf.Tensor;

beforeEach(() => {
  warnings.length = 0;
  model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 8, activation: 'tanh', inputShape: [4], name: 'hidden'}),
      tfl.layers.dense({units: 1, name: 'out'}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  x = tf.randomNormal([16, 4], 0, 1, 'float32', 1);
  y = tf.ones([16, 1]);
});
afterEach(() => {
  vi.restoreAllMocks();
  model.dispose();
  tf.dispose([x, y]);
});

const work = {layers: 'all', steps: 5, probes: 2, traceProbes: 2} as const;

describe('work is announced', () => {
  it.each([
    ['that takes more than ten seconds', 100, 1e12, 1],
    ['that takes more than a quarter of the free memory', 1e-6, 1e4, 1],
    ['not, if it is cheap', 1e-6, 1e12, 0],
  ])('%s', async (_, seconds, free, count) => {
    vi.spyOn(os, 'freemem').mockReturnValue(free);
    const bytesBefore = tf.memory().numBytes;
    const network = await hessian(model, {x, y});
    const tensors = tf.memory().numTensors;
    await announceCost({network, seconds, bytesBefore}, work, 'take fewer steps');
    expect(tf.memory().numTensors).toBe(tensors);
    network.dispose();
    expect(warnings.map(({code}) => code)).toEqual(Array.from({length: count}, () => 'costly'));
    for (const {message} of warnings) {
      expect(message).toMatch(/^The spectra of 49 parameters and of 2 layers take about \d+ s and \d+ MB\./);
      expect(message).toMatch(/To make them cheaper: take fewer steps\.$/);
    }
  });
});

it('a callback announces its first sample alone, and changes no training', async () => {
  const trained = async (free: number) => {
    vi.spyOn(os, 'freemem').mockReturnValue(free);
    const start = model.getWeights().map(weight => weight.clone());
    const curvature = new HessianSpectrumCallback({steps: 3, probes: 1, traceProbes: 0});
    await model.fit(x, y, {epochs: 3, verbose: 0, shuffle: false, callbacks: [curvature]});
    curvature.dispose();
    const end = model.getWeights().map(weight => Array.from(weight.dataSync()));
    model.setWeights(start);
    tf.dispose(start);
    return end;
  };
  const quiet = await trained(1e12);
  expect(warnings).toEqual([]);
  expect(await trained(1e4)).toEqual(quiet);
  expect(warnings.map(({code}) => code)).toEqual(['costly']);
  expect(warnings[0]!.message).toMatch(/subBatch.*withinBudget\(0\.05\)/);
});
