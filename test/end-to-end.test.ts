// The whole way, as the README shows it: a model trains with a callback, a regularizer and a sink.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {from, lastValueFrom, toArray} from 'rxjs';
import {attachRegularizer, everyEpochs, HessianSpectrumCallback, HessianTraceRegularizer} from 'tfjs-hessian';
import {ndjson, readSamples} from 'tfjs-hessian/sinks';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {useEngine} from './engines.js';

const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-end-to-end-'));
beforeAll(() => useEngine('native'));
afterAll(() => rmSync(folder, {recursive: true}));

it('the penalty lowers the trace of its layer, as samples in a file show', async () => {
  const x = tf.randomUniform([256, 2], -1, 1, 'float32', 1);
  const y = tf.tidy(() => tf.cast(tf.greater(tf.prod(x, 1, true), 0), 'float32'));

  const train = async (strength: number) => {
    const model = tfl.sequential();
    const init = (seed: number) => tfl.initializers.glorotUniform({seed});
    model.add(tfl.layers.dense({units: 16, activation: 'tanh', inputShape: [2], kernelInitializer: init(1)}));
    model.add(tfl.layers.dense({units: 16, activation: 'tanh', kernelInitializer: init(2)}));
    model.add(tfl.layers.dense({units: 1, activation: 'sigmoid', kernelInitializer: init(3)}));
    model.compile({optimizer: tf.train.adam(0.01), loss: 'binaryCrossentropy'});
    const {layers, detach} = attachRegularizer(model, new HessianTraceRegularizer({strength}), {layers: 'middle'});

    const curvature = new HessianSpectrumCallback({schedule: everyEpochs(5), batch: {x, y}});
    const run = ndjson(join(folder, `${strength}.ndjson`));
    curvature.samples$.subscribe(run);
    const {history} = await model.fit(x, y, {epochs: 20, shuffle: false, verbose: 0, callbacks: [curvature]});
    curvature.dispose();
    detach();
    await run.closed;
    const samples = await lastValueFrom(from(readSamples(join(folder, `${strength}.ndjson`))).pipe(toArray()));
    return {layers, samples, logged: history['hessian/trace']};
  };

  const plain = await train(0);
  const flat = await train(0.1);
  expect(flat.layers).toHaveLength(1);
  expect(flat.samples.map(({epoch}) => epoch)).toEqual([4, 9, 14, 19]);
  expect(flat.samples.map(({full}) => full.trace.value)).toEqual(flat.logged);
  const trace = ({layers, samples}: typeof flat) =>
    samples.at(-1)!.layers.find(({name}) => name === layers[0])!.trace.value;
  expect(trace(flat)).toBeLessThan(trace(plain) / 2);
});
