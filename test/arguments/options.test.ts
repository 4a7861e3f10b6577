import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {registerTangentRule} from '../../src/autodiff/rules/rule-table.js';
import {serveSamples} from '../../src/callbacks/background/serve-samples.js';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {SharpnessStopping} from '../../src/callbacks/reacting/sharpness-stopping.js';
import {everyBatches, everyEpochs} from '../../src/callbacks/schedules.js';
import {portNumber, wholeNumber, wholeNumberOrZero} from '../../src/cli/commands/whole-number.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {layerwiseSpectra} from '../../src/estimators/layerwise-spectra.js';
import {trace} from '../../src/estimators/trace.js';
import {hessian} from '../../src/operators/hessian.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {parquet} from '../../src/sinks/parquet.js';
import type {SampleFailure} from '../../src/streams/hessian-sample.js';
import {plainModel, smallData} from '../callbacks/small-model.js';
import {useEngine} from '../engines.js';

beforeAll(() => useEngine('native'));
const {x, y} = await useEngine('native').then(smallData);

const gone = tf.tensor1d([1], 'int32');
gone.dispose();
const op = {size: 3, matvec: (v: tf.Tensor1D) => v.clone()};

/** Calls a function with arguments that its types do not allow. */
const call = (f: (...args: never[]) => unknown, ...args: unknown[]) => (async () => f(...(args as never[])))();

describe('an unknown option', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['"probe" is not an option of trace(); did you mean "probes"?', () => call(trace, op, {probe: 4})],
    [
      '"sed" is not an option of HessianSpectrumCallback; did you mean "seed"?',
      () => call(() => new HessianSpectrumCallback({sed: 4} as never)),
    ],
    [
      '"layer" is not an option of attachRegularizer(); did you mean "layers"?',
      () => call(attachRegularizer, plainModel(), new HessianTraceRegularizer({strength: 1}), {layer: 'all'}),
    ],
    [
      '"nothingOfThe…" is not an option of trace(); there are: probes, method, tolerance, maxProbes, seed, signal, onProgress.',
      () => call(trace, op, {'nothingOfThe…': 4}),
    ],
    ['did you mean "strength"?', () => call(() => new HessianTraceRegularizer({strenght: 1} as never))],
    [
      '"wroker" is not an option of background; did you mean "worker"?',
      () => call(() => new HessianSpectrumCallback({background: {wroker: () => null}} as never)),
    ],
    [
      '"foo" is not an option of',
      () => call(() => new HessianSpectrumCallback({layers: {middle: 3, foo: 1}} as never)),
    ],
    [
      '"sampleWeights" is not a part of a batch; did you mean "sampleWeight"?',
      () => call(hessian, plainModel(), {x, y, sampleWeights: y}),
    ],
    [
      '"sampleWeights" is not a part of a batch; did you mean "sampleWeight"?',
      () => call(hessian, plainModel(), [{xs: x, ys: y, sampleWeights: y}]),
    ],
    [
      '"seed" is not an option of hessian(loss, variables), which has none.',
      () => call(hessian, () => tf.scalar(1), [tf.variable(tf.scalar(1))], {seed: 1}),
    ],
  ])('is an error: %s', async (message, run) => {
    const failure = run();
    await expect(failure).rejects.toBeInstanceOf(InvalidArgumentError);
    await expect(failure).rejects.toThrow(message);
  });
});

describe('a value that breaks its rule', () => {
  it.each<[string, () => unknown]>([
    ['strength is -1; it must be a finite number of at least 0', () => new HessianTraceRegularizer({strength: -1})],
    ['seed is NaN; it must be a finite number.', () => new HessianSpectrumCallback({seed: Number.NaN})],
    ['logs is 3; it must be true, false or', () => new HessianSpectrumCallback({logs: 3 as never})],
    ['rowGroupSize is 0; it must be a whole number of at least 1.', () => parquet('run.parquet', {rowGroupSize: 0})],
    ['differentiable is undefined; it must be', () => registerTangentRule('MatMul', {} as never)],
    ['null; it must be an object', () => new HessianSpectrumCallback(null as never)],
    ['[]; it must be an object', () => new HessianSpectrumCallback([] as never)],
    ['steps is "20"; it must be a whole number', () => new HessianSpectrumCallback({steps: '20' as never})],
    ['schedule is the async function', () => new HessianSpectrumCallback({schedule: (async () => true) as never})],
    ['schedule is the class Always', () => new HessianSpectrumCallback({schedule: class Always {} as never})],
    ['batch.y is null; it must be a tensor', () => new HessianSpectrumCallback({batch: {x, y: null as never}})],
    ['batch.x is [[1, 2]]; it must be a tensor', () => new HessianSpectrumCallback({batch: {x: [[1, 2]] as never, y}})],
    [
      'batch.x is an int32 tensor of shape [1] that is disposed of',
      () => new HessianSpectrumCallback({batch: {x: gone, y}}),
    ],
    ["batch is {}; it must be 'training'", () => new HessianSpectrumCallback({batch: {} as never})],
    ['background.limit is 0; it must be a whole number', () => new HessianSpectrumCallback({background: {limit: 0}})],
    [
      "background.whenBusy is \"wait\"; it must be one of 'queue', 'skip'",
      () => new HessianSpectrumCallback({background: {whenBusy: 'wait' as never}}),
    ],
    ['layers.middle is 0; it must be a whole number', () => new HessianSpectrumCallback({layers: {middle: 0}})],
    ['gradients.parts is 1; it must be a whole number', () => new HessianSpectrumCallback({gradients: {parts: 1}})],
    ['everyBatches(n) is Infinity', () => everyBatches(Number.POSITIVE_INFINITY)],
  ])('is an error: %s', (message, run) => {
    expect(run).toThrow(InvalidArgumentError);
    expect(run).toThrow(message);
  });

  it('is an error for more layers than a network has', async () => {
    const H = await hessian(plainModel(), {x, y});
    await expect(layerwiseSpectra(H, {layers: {middle: 99}})).rejects.toThrow(/\{middle: 99\}, but there are only/);
    H.dispose();
  });
});

it('an option that is given as undefined counts as not given', async () => {
  const given = {probes: undefined, seed: undefined, tolerance: undefined, method: undefined, maxProbes: undefined};
  expect(await trace(op, given as never)).toEqual(await trace(op));
  expect(new HessianTraceRegularizer({strength: 1, subBatch: undefined} as never).subBatch).toBeNull();
});

describe('during training', () => {
  async function failuresOf(args: object, make: (curvature: HessianSpectrumCallback) => object[] = () => []) {
    const curvature = new HessianSpectrumCallback({steps: 2, probes: 1, ...args});
    const failures: SampleFailure[] = [];
    curvature.failures$.subscribe(failure => failures.push(failure));
    const callbacks = [curvature, ...make(curvature)] as never;
    await plainModel().fit(x, y, {epochs: 2, batchSize: 20, verbose: 0, callbacks});
    return failures.map(({error}) => error);
  }

  it('SharpnessStopping reports a missing layer once, with the layers of the samples', async () => {
    const errors = await failuresOf({schedule: everyEpochs(1)}, curvature => [
      new SharpnessStopping({curvature, layer: 'frist', patience: 9}),
    ]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(InvalidArgumentError);
    expect(errors[0]!.message).toMatch(/waits for layer "frist", which the samples do not have.*The samples have: /);
  });

  it('a schedule that returns a function is reported, and no sample is taken', async () => {
    const errors = await failuresOf({schedule: () => everyEpochs(1)});
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error.message).toMatch(/The schedule returned .*true or false/);
  });

  it.each([[null], [{x: 3}], [{x: tf.ones([2, 2]), y: null}]])(
    'a function that returns %s instead of a batch is reported',
    async given => {
      const errors = await failuresOf({batch: () => given, subBatch: 2});
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) expect(error).toBeInstanceOf(InvalidArgumentError);
    },
  );
});

describe('data from elsewhere', () => {
  it('a saved regularizer with an unknown entry is an error', () => {
    const config = new HessianTraceRegularizer({strength: 1}).getConfig();
    expect(HessianTraceRegularizer.fromConfig(HessianTraceRegularizer as never, config)).toBeInstanceOf(
      HessianTraceRegularizer,
    );
    expect(() =>
      HessianTraceRegularizer.fromConfig(HessianTraceRegularizer as never, {...config, prob: 'joint'}),
    ).toThrow(/"prob" is not an option of HessianTraceRegularizer; did you mean "probe"/);
  });

  it.each([[null], ['hello'], [{id: 7}], [{id: 7, backend: 'cpu', args: null}]])(
    'a worker answers the message %j with an error',
    async data => {
      const answers: {error: {name: string}}[] = [];
      let post: (event: {data: unknown}) => void = () => {};
      serveSamples({
        postMessage: answer => answers.push(answer as (typeof answers)[number]),
        addEventListener: (_, listener) => {
          post = listener;
        },
      });
      post({data});
      post({data});
      await expect.poll(() => answers.length).toBe(2);
      for (const {error} of answers) expect(error.name).toBe('InvalidArgumentError');
    },
  );
});

describe("the command line's numbers", () => {
  it('are whole numbers in digits', () => {
    expect([wholeNumber('12'), wholeNumberOrZero(' 0 '), wholeNumberOrZero('00'), portNumber('65535')]).toEqual([
      12, 0, 0, 65_535,
    ]);
    for (const text of ['', ' ', '-1', '1.5', '1e3', '0x10', 'Infinity', 'NaN', '3 4', '99999999999999999999']) {
      for (const parse of [wholeNumber, wholeNumberOrZero, portNumber])
        expect(() => parse(text)).toThrow(/whole number/);
    }
    expect(() => wholeNumber('0')).toThrow('at least 1');
    expect(() => portNumber('65536')).toThrow('from 0 to 65535');
  });
});
