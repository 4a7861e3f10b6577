import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {encodeMessage} from '../../../src/binary-message.js';
import {threads} from '../../../src/cluster/threads/threads.js';
import {DisposedError, InvalidArgumentError} from '../../../src/errors.js';
import {eigenvalues} from '../../../src/estimators/eigenvalues.js';
import {trace} from '../../../src/estimators/trace.js';
import type {Progress} from '../../../src/long-work.js';
import {packBatch} from '../../../src/model/sent/packed-tensors.js';
import {empiricalFisher} from '../../../src/operators/empirical-fisher.js';
import {fisher} from '../../../src/operators/fisher.js';
import {gaussNewton} from '../../../src/operators/gauss-newton.js';
import {hessian} from '../../../src/operators/hessian.js';
import type {NetworkOperator} from '../../../src/operators/linear-operator.js';
import {residualHessian} from '../../../src/operators/residual-hessian.js';
import type {ProductPlacement, ProductSource} from '../../../src/operators/shards/product-workers.js';
import {ShardServer} from '../../../src/operators/shards/shard-server.js';
import {useEngine} from '../../engines.js';
import {InProcessWorker} from './in-process-worker.js';
import {smallBatches, smallModel} from './small-dataset.js';

const trace4 = (op: Parameters<typeof trace>[0]) => trace(op, {probes: 4, seed: 3});

/** Numbers of an operator that depend on all its bits. */
async function numbersOf(H: NetworkOperator) {
  return {
    loss: H.loss,
    gradient: [...H.gradient().dataSync()],
    trace: await trace4(H),
    block: await trace4(H.block('first')),
    rows: await trace4(H.block({weight: 'first/kernel', rows: [1, 3]})),
  };
}

describe('an operator whose products workers compute', () => {
  let model: tfl.LayersModel;
  let batches: {x: tf.Tensor; y: tf.Tensor}[];
  let workers: InProcessWorker[];
  const team = (
    count: number,
    start: (index: number) => InProcessWorker = () => new InProcessWorker(),
    args: {startTimeout?: number} = {},
  ) =>
    threads({
      workers: count,
      worker: () => {
        const worker = start(workers.length);
        workers.push(worker);
        return worker;
      },
      ...args,
    });

  beforeAll(() => useEngine('cpu'));
  beforeEach(() => {
    model = smallModel();
    batches = smallBatches();
    workers = [];
  });

  it.each([
    ['hessian', hessian, {}],
    ['hessian with regularizers', hessian, {regularizers: true}],
    ['gaussNewton', gaussNewton, {}],
    ['fisher', fisher, {}],
    ['fisher with drawn labels', fisher, {samples: 2}],
    ['empiricalFisher', empiricalFisher, {}],
    ['residualHessian', residualHessian, {}],
  ] as const)('%s has the bits of the local operator', async (_name, operator, args) => {
    // The empirical Fisher matrix needs samples that do not depend on each other.
    const data = operator === empiricalFisher ? batches.map(batch => ({...batch, training: false})) : batches;
    const local = await operator(model, data, {...args, seed: 5});
    const sharded = await operator(model, data, {...args, seed: 5, on: team(2)});
    expect(await numbersOf(sharded)).toEqual(await numbersOf(local));
    expect(sharded.gradientPasses).toBeCloseTo(local.gradientPasses, 6);
    sharded.dispose();
  });

  it.each([1, 2, 3, 5, 9])('has the same bits with %i workers, and no more than there are batches', async count => {
    const local = await hessian(model, batches);
    const sharded = await hessian(model, batches, {on: team(count)});
    expect(workers).toHaveLength(Math.min(count, 5));
    expect(await numbersOf(sharded)).toEqual(await numbersOf(local));
    sharded.dispose();
  });

  it('answers matvec and matmat at once, with the same bits', async () => {
    const H = await hessian(model, batches, {on: team(2)});
    const v = tf.randomNormal<tf.Rank.R1>([H.size], 0, 1, 'float32', 4);
    const V = tf.randomNormal<tf.Rank.R2>([H.size, 3], 0, 1, 'float32', 4);
    const parts = await Promise.all([H.multiplyInParts(v, async () => {}), H.multiplyInParts(V, async () => {})]);
    expect(parts.map(part => part.dataSync())).toEqual([H.matvec(v).dataSync(), H.matmat(V).dataSync()]);
    H.dispose();
  });

  it('keeps the weights of the call, however training goes on', async () => {
    const local = await hessian(model, batches);
    const expected = await trace4(local);
    const making = hessian(model, batches, {on: team(2)});
    const x = tf.concat(batches.map(batch => batch.x));
    const y = tf.concat(batches.map(batch => batch.y));
    await model.fit(x, y, {epochs: 2, verbose: 0});
    const H = await making;
    expect(await trace4(H)).toEqual(expected);
    H.dispose();
  });

  it('uses as many batches as requested, and keeps linearizations within the limit only', async () => {
    const local = await hessian(model, batches, {batches: 3});
    const sharded = await hessian(model, batches, {batches: 3, memoryLimit: 0, on: team(2)});
    expect(await numbersOf(sharded)).toEqual(await numbersOf(local));
    // Each of the three estimates passes over the data once, and linearizes all batches again.
    expect(sharded.gradientPasses).toBeCloseTo(local.gradientPasses + 3 * 2, 6);
    sharded.dispose();
  });

  it.each([1, 2, 3])('survives the death of a worker in the middle of a product, of %i workers', async count => {
    const expected = await trace4(await hessian(model, batches));
    let runs = 0;
    const on = team(count, index => {
      return new InProcessWorker({}, (worker, type) => {
        if (index > 0 || type !== 'run' || ++runs < 3) return true;
        worker.die('out of memory');
        return false;
      });
    });
    const H = await hessian(model, batches, {on});
    // A product takes all four probes at once, so the second estimate meets the death.
    expect(await trace4(H)).toEqual(expected);
    expect(await trace4(H)).toEqual(expected);
    expect(workers[0]!.isTerminated).toBe(true);
    expect(workers).toHaveLength(count === 1 ? 2 : count);
    expect(await trace4(H)).toEqual(expected);
    H.dispose();
  });

  it('gives up when new workers die, too, and says why', async () => {
    const on = team(
      2,
      () =>
        new InProcessWorker('silent', worker => {
          worker.die('out of memory');
          return false;
        }),
    );
    const tensors = tf.memory().numTensors;
    await expect(hessian(model, batches, {on})).rejects.toThrow(
      /All workers for products died, and 2 new ones too.*out of memory.*memoryLimit: 0/,
    );
    expect(workers).toHaveLength(4);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('fails if a worker does not say that it is ready', async () => {
    const on = team(1, () => new InProcessWorker('silent'), {startTimeout: 50});
    await expect(hessian(model, batches, {on})).rejects.toThrow(/must call serveProducts\(self\).*startTimeout/);
    expect(workers[0]!.isTerminated).toBe(true);
  });

  it('stops at an abort: the estimate, or the operator with its workers', async () => {
    const controller = new AbortController();
    const H = await hessian(model, batches, {on: team(2), signal: controller.signal});
    const tensors = tf.memory().numTensors;
    const stop = new AbortController();
    const estimate = eigenvalues(H, {
      maxSteps: 40,
      tolerance: 1e-9,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(estimate).rejects.toThrow('enough');
    // The operator goes on.
    expect((await trace4(H)).probes).toBe(4);
    expect(workers.some(({isTerminated}) => isTerminated)).toBe(false);
    const again = trace(H, {probes: 64});
    controller.abort(new Error('all'));
    await expect(again).rejects.toThrow('all');
    await expect(trace4(H)).rejects.toThrow('all');
    expect(() => H.matvec(tf.ones([H.size]))).toThrow('all');
    expect(workers.every(({isTerminated}) => isTerminated)).toBe(true);
    H.dispose();
    expect(tf.memory().numTensors).toBeLessThan(tensors);
  });

  it('reports progress by batches, to the making and to the estimate', async () => {
    const made: Progress[] = [];
    const H = await hessian(model, batches, {on: team(2), onProgress: progress => made.push(progress)});
    expect(made.at(-1)).toMatchObject({done: 5, total: 5});
    const estimated: Progress[] = [];
    await trace(H, {probes: 8, onProgress: progress => estimated.push(progress)});
    expect(estimated.at(-1)!.done).toBe(estimated.at(-1)!.total);
    H.dispose();
    await expect(H.multiplyInParts(tf.ones<tf.Rank.R1>([H.size]), async () => {})).rejects.toThrow(DisposedError);
  });

  it('says what to do about layers that the worker does not know, and about losses that are functions', async () => {
    class Doubling extends tfl.layers.Layer {
      static readonly className = 'UnregisteredDoubling';
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return tf.mul([inputs].flat()[0]!, 2);
      }
    }
    const own = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [4]}), new Doubling({})]});
    own.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const unknown = hessian(own, batches, {on: team(2)});
    await expect(unknown).rejects.toThrow(/UnregisteredDoubling.*registerClass.*serveProducts\(self\)/);
    await expect(unknown).rejects.toBeInstanceOf(InvalidArgumentError);

    const loss = (target: tf.Tensor, prediction: tf.Tensor) => tf.mean(tf.square(tf.sub(target, prediction)), -1);
    model.compile({optimizer: 'sgd', loss});
    await expect(hessian(model, batches, {on: team(2)})).rejects.toThrow(/serveProducts\(self, \{loss\}\)/);
    const local = await hessian(model, batches);
    const sharded = await hessian(model, batches, {on: team(2, () => new InProcessWorker({loss}))});
    expect(await numbersOf(sharded)).toEqual(await numbersOf(local));
    sharded.dispose();
  });

  it('refuses a copy of the model that computes something else', async () => {
    class Scaling extends tfl.layers.Layer {
      static readonly className = 'ScalingThatForgets';
      constructor(
        args: object,
        readonly factor = 1,
      ) {
        super(args);
      }
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return tf.mul([inputs].flat()[0]!, this.factor);
      }
    }
    tf.serialization.registerClass(Scaling as never);
    // Its configuration lacks the factor.
    const own = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [4]}), new Scaling({}, 3)]});
    own.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await expect(hessian(own, batches, {on: team(2)})).rejects.toThrow(
      /copy of the model in the worker has the loss .*getConfig/,
    );
  });

  it('has errors of the model and of its batches as without workers, before a worker starts if they are in the first batch', async () => {
    const wrong = {x: tf.ones([2, 5]), y: tf.ones([2, 3])};
    await expect(hessian(model, [wrong], {on: team(2)})).rejects.toThrow(/does not fit/);
    expect(workers).toHaveLength(0);
    const later = hessian(model, [...batches, wrong], {on: team(2)});
    await expect(later).rejects.toThrow(/does not fit/);
    await expect(later).rejects.toBeInstanceOf(InvalidArgumentError);
    await expect(hessian(model, batches[0]!, {on: team(2)})).rejects.toThrow(/on is given for one batch/);
    await expect(hessian(model, batches, {on: {} as never})).rejects.toThrow(/threads\(2\)/);
  });

  it('leaves no tensors in either thread', async () => {
    // The workers' tensors are in this thread, too: they stay, since the workers do.
    const H = await hessian(model, batches, {on: team(2)});
    await trace4(H);
    const held = tf.memory().numTensors;
    await trace4(H);
    await trace4(H.block('second'));
    expect(tf.memory().numTensors).toBe(held);
    H.dispose();
  });
});

describe('a shard server', () => {
  beforeAll(() => useEngine('cpu'));

  it('frees all that it holds', async () => {
    const model = smallModel();
    const batches = smallBatches();
    let source!: ProductSource;
    const placement: ProductPlacement = {
      open: given => {
        source = given;
        return {run: () => Promise.reject(new Error('not now')), dispose: () => {}};
      },
    };
    const tensors = tf.memory().numTensors;
    await expect(hessian(model, batches, {on: placement})).rejects.toThrow('not now');
    const bytes = await source.batch(0).catch(() => null);
    expect(bytes).toBeNull();
    expect(tf.memory().numTensors).toBe(tensors);
    const server = await ShardServer.open(source.setup, {memoryLimit: {given: 1e9, atMost: 1e9}});
    const batch = encodeMessage(await packBatch(batches[0]!));
    server.put(0, batch);
    server.put(0, batch);
    await server.run(encodeMessage({type: 'gradient'}), [0], async () => {});
    const refusal = server.run(encodeMessage({type: 'gradient'}), [0], () => Promise.reject(new Error('stop')));
    await expect(refusal).rejects.toThrow('stop');
    server.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('threads', () => {
  it.each([0, 1.5, Number.NaN, '2', null, {workers: 0}, {worker: () => {}}, {workers: 1, threads: 2}])(
    'refuses %o',
    value => {
      expect(() => threads(value as never)).toThrow(InvalidArgumentError);
    },
  );
});
