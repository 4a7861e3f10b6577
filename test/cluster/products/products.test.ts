import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {Redis} from 'ioredis';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {encodeMessage} from '../../../src/binary-message.js';
import {type ClusterArgs, cluster} from '../../../src/cluster/cluster.js';
import {operatorKeys, RECORD} from '../../../src/cluster/products/operator-keys.js';
import {ClusterError, InvalidArgumentError} from '../../../src/errors.js';
import {eigenvalues} from '../../../src/estimators/eigenvalues.js';
import {spectrum} from '../../../src/estimators/spectrum.js';
import {trace} from '../../../src/estimators/trace.js';
import {gaussNewton} from '../../../src/operators/gauss-newton.js';
import {hessian} from '../../../src/operators/hessian.js';
import type {NetworkOperator} from '../../../src/operators/linear-operator.js';
import {version} from '../../../src/package-version.js';
import {useEngine} from '../../engines.js';
import {needs} from '../../needs.js';
import {smallBatches, smallModel} from '../../operators/shards/small-dataset.js';
import {findRedis, noRedis, startRedis, type TestRedis} from '../../redis.js';
import {endWorkers, startWorker, type TestWorker} from '../start-worker.js';

/** Numbers of an operator that depend on all its bits. */
async function numbersOf(H: NetworkOperator) {
  const gradient = H.gradient();
  const values = [...gradient.dataSync()];
  gradient.dispose();
  return {
    loss: H.loss,
    gradient: values,
    trace: await trace(H, {probes: 4, seed: 3}),
    spectrum: await spectrum(H.block('first'), {steps: 3, probes: 1, traceProbes: 0}),
    eigenvalues: await eigenvalues(H.block('second'), {k: 1}),
  };
}

const withoutBytes = (text: string) => text.replace(/127\.0\.0\.1:\d+/, '…').replaceAll(/[\d.]+ MB/g, '… MB');

describe('Products on a cluster', needs(findRedis(), noRedis), () => {
  let redis: TestRedis;
  const workers: TestWorker[] = [];
  const servers: TestRedis[] = [];
  beforeAll(async () => {
    await useEngine('cpu');
    redis = await startRedis({persists: true});
  });
  afterEach(async () => {
    await endWorkers(workers);
    await Promise.all(servers.splice(0).map(server => server.stop()));
  });
  afterAll(() => redis?.stop());

  const work = (queue: string, ...args: string[]) => {
    const worker = startWorker(redis.url, ['--queue', queue, ...args]);
    workers.push(worker);
    return worker;
  };
  const on = (queue: string, args: ClusterArgs = {}) => cluster({connection: redis.url, queue, ...args});

  it('have the bits of this process with one worker and with two, and leave no key and no tensor', async () => {
    const [model, batches] = [smallModel(), smallBatches()];
    const local = await hessian(model, batches);
    const expected = await numbersOf(local);
    local.dispose();
    const tensors = tf.memory().numTensors;
    for (const count of [1, 2]) {
      const queue = `same-${count}`;
      const started = Array.from({length: count}, () => work(queue));
      await Promise.all(started.map(worker => worker.said(/ready/)));
      const remote = on(queue);
      const H = await hessian(model, batches, {on: remote});
      expect(await numbersOf(H)).toEqual(expected);
      // A worker that has joined since then takes its share at the next product.
      const all = async () => {
        await trace(H, {probes: 2});
        return H.explain().match(/worker \d/g)?.length;
      };
      await expect.poll(all, {timeout: 60_000}).toBe(count);
      expect(await numbersOf(H)).toEqual(expected);
      expect(withoutBytes(H.explain())).toMatchSnapshot();
      const v = tf.ones<tf.Rank.R1>([H.size]);
      const before = remote.traffic;
      tf.dispose(await H.multiplyInParts(v, async () => {}));
      const {written, read} = remote.traffic;
      // The vector and the sums of each worker: of batches 0 to 4, or of 0 and 1, of 2, of 3 and of 4. Messages have a head.
      const bytes = 4 * H.size;
      const sums = count === 1 ? 1 : 3;
      expect(Math.floor((written - before.written) / bytes)).toBeGreaterThanOrEqual(1 + sums);
      expect(Math.floor((read - before.read) / bytes)).toBeGreaterThanOrEqual(count + sums);
      v.dispose();
      expect((await keysOf(queue)).length).toBeGreaterThan(0);
      H.dispose();
      // Each has computed.
      for (const worker of started) await worker.said(/operator \w+ has ended; [1-9]\d* products/);
      await expect.poll(() => keysOf(queue), {timeout: 60_000}).toEqual([]);
    }
    expect(tf.memory().numTensors).toBe(tensors);
  }, 300_000);

  it('have the same bits when a worker joins later, which takes its share of the next product', async () => {
    const [model, batches] = [smallModel(), smallBatches()];
    const local = await hessian(model, batches);
    const expected = await numbersOf(local);
    local.dispose();
    const first = work('later');
    await first.said(/ready/);
    const H = await hessian(model, batches, {on: on('later')});
    expect(await numbersOf(H)).toEqual(expected);
    expect(H.explain()).toMatch(/worker 1: batches 0 to 4\n/);
    const second = work('later');
    const shares = async () => {
      await trace(H, {probes: 2});
      return H.explain();
    };
    await expect.poll(shares, {timeout: 60_000}).toMatch(/worker 1: batches 0 to 2\n +worker 2: batches 3 to 4\n/);
    expect(await numbersOf(H)).toEqual(expected);
    H.dispose();
    for (const worker of [first, second]) await worker.said(/operator \w+ has ended; [1-9]\d* products/);
    await expect.poll(() => keysOf('later'), {timeout: 60_000}).toEqual([]);
  }, 300_000);

  it('have the same bits when a worker is killed in the middle of them, also if it was the only one', async () => {
    const [model, batches] = [smallModel(), smallBatches(7)];
    const local = await gaussNewton(model, batches);
    const traceOf = (op: NetworkOperator, onProgress = () => {}) =>
      trace(op, {probes: 30, tolerance: 1e-9, seed: 3, onProgress});
    const expected = await traceOf(local);
    const [first, second] = [work('killed', '--lock', '2'), work('killed', '--lock', '2')];
    await Promise.all([first, second].map(worker => worker.said(/ready/)));
    const G = await gaussNewton(model, batches, {on: on('killed')});
    let looks = 0;
    const kill = ({child}: TestWorker) => {
      if (++looks === 2) child.kill('SIGKILL');
    };
    expect(await traceOf(G, () => kill(first))).toEqual(expected);
    expect(looks).toBeGreaterThan(2);
    looks = 0;
    const last = traceOf(G, () => kill(second));
    await second.ended;
    work('killed', '--lock', '2');
    expect(await last).toEqual(expected);
    G.dispose();
    await expect.poll(() => keysOf('killed'), {timeout: 60_000}).toEqual([]);
  }, 300_000);

  it('wait for a Redis that is killed and started again, with its data and without, and have the same bits', async () => {
    const [model, batches] = [smallModel(), smallBatches()];
    const local = await hessian(model, batches);
    const expected = await trace(local, {probes: 4});
    for (const persists of [true, false]) {
      const other = await startRedis({persists});
      servers.push(other);
      const worker = startWorker(other.url, ['--lock', '4']);
      workers.push(worker);
      await worker.said(/ready/);
      const H = await hessian(model, batches, {on: cluster({connection: other.url})});
      await other.kill();
      const waiting = trace(H, {probes: 4});
      await other.start();
      expect(await waiting).toEqual(expected);
      expect(await trace(H, {probes: 4})).toEqual(expected);
      H.dispose();
      worker.child.kill('SIGKILL');
    }
  });

  it('fail with an error that says what to do where Redis or the workers are gone, and go on when they are back', async () => {
    const [model, batches] = [smallModel(), smallBatches(3)];
    const other = await startRedis({password: 'hidden-word'});
    servers.push(other);
    const worker = startWorker(other.url);
    workers.push(worker);
    await worker.said(/ready/);
    const H = await hessian(model, batches, {on: cluster({connection: other.url, redisTimeout: 500})});
    const expected = await trace(H, {probes: 2});
    const tensors = tf.memory().numTensors;
    await other.kill();
    const lost = trace(H, {probes: 2});
    await expect(lost).rejects.toBeInstanceOf(ClusterError);
    await expect(lost).rejects.toThrow(
      /^Redis at redis:\/\/127\.0\.0\.1:\d+ has not answered for 0\.5 s \(.+\); check/,
    );
    await expect(lost).rejects.not.toThrow(/hidden-word/);
    expect(tf.memory().numTensors).toBe(tensors);
    await other.start();
    expect(await trace(H, {probes: 2})).toEqual(expected);
    H.dispose();
    const alone = hessian(model, batches, {on: on('empty', {workerTimeout: 300})});
    await expect(alone).rejects.toThrow(
      /No worker of the queue "empty" has joined for 0\.3 s.*npx tfjs-hessian worker/,
    );
    expect(await keysOf('empty')).toEqual([]);
  });

  it('stop at an abort, of an estimate or of the operator, and the worker takes the next one', async () => {
    const [model, batches] = [smallModel(), smallBatches()];
    const worker = work('abort');
    await worker.said(/ready/);
    const controller = new AbortController();
    const H = await hessian(model, batches, {on: on('abort'), signal: controller.signal});
    const stop = new AbortController();
    const stopped = trace(H, {
      probes: 200,
      tolerance: 1e-9,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect((await trace(H, {probes: 4})).probes).toBe(4);
    const again = trace(H, {probes: 200, tolerance: 1e-9});
    setTimeout(() => controller.abort(new Error('all')), 50);
    await expect(again).rejects.toThrow('all');
    await expect.poll(() => keysOf('abort'), {timeout: 60_000}).toEqual([]);
    const next = await hessian(model, batches, {on: on('abort')});
    expect((await trace(next, {probes: 4})).probes).toBe(4);
    next.dispose();
    H.dispose();
  });

  it('name the class that a worker does not know, and how it comes to know it', async () => {
    class Doubling extends tfl.layers.Layer {
      static className = 'Doubling';

      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return tf.mul([inputs].flat()[0]!, 2);
      }
    }
    const own = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [4]}), new Doubling({})]});
    own.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    work('own');
    await expect(hessian(own, smallBatches(2), {on: on('own')})).rejects.toThrow(
      /^The model has the layer Doubling, .* start the worker with --import file\.mjs/,
    );
    await expect.poll(() => keysOf('own'), {timeout: 60_000}).toEqual([]);
  });

  it('refuse what is larger than maxBytes, before it is uploaded, and in a worker that takes less', async () => {
    const [model, batches] = [smallModel(), smallBatches(2)];
    const worker = work('large', '--max-bytes', '3000');
    await worker.said(/ready/);
    const small = hessian(model, batches, {on: on('large', {maxBytes: 1000})});
    await expect(small).rejects.toThrow(
      /A vector, batch or model has 0\.0 MB, and at most 0\.0 MB are allowed; use smaller/,
    );
    const refused = hessian(model, batches, {on: on('large', {workerTimeout: 2_000})});
    await expect(refused).rejects.toThrow(
      /No worker of the queue "large".*One said: A message has 0\.0 MB.*--max-bytes/,
    );
    await expect.poll(() => keysOf('large'), {timeout: 60_000}).toEqual([]);
  });

  it('are not computed by a worker of another version', async () => {
    const client = new Redis(redis.url);
    const keys = operatorKeys('version');
    await client.hset(keys.of('other').shared, RECORD, Buffer.from(encodeMessage({package: '0.0.1'})));
    await client.sadd(keys.all, 'other');
    const worker = work('version');
    await worker.said(
      /operator other failed: The operator has tfjs-hessian 0\.0\.1 and the worker has \d.*install the same/,
    );
    expect(await client.exists(keys.of('other').answers)).toBe(1);
    client.disconnect();
  });

  it('end in a worker when the process of the operator is gone, whose keys expire', async () => {
    const client = new Redis(redis.url);
    const keys = operatorKeys('gone').of('lost');
    await client.hset(keys.shared, RECORD, Buffer.from(encodeMessage({package: version})));
    await client.sadd(operatorKeys('gone').all, 'lost');
    const worker = work('gone');
    await worker.said(/computes products for operator lost/);
    await expect.poll(() => client.exists(keys.answers), {timeout: 60_000}).toBe(1);
    expect(await client.ttl(keys.answers)).toBeGreaterThan(0);
    // As when its time is over.
    await client.unlink(keys.shared);
    await worker.said(/operator lost has ended; 0 products/);
    await expect.poll(() => keysOf('gone'), {timeout: 60_000}).toEqual([]);
    client.disconnect();
  });

  it.each([{maxBytes: 0}, {queues: 'a'}, {redisTimeout: -1}])('refuse the options %o', args => {
    expect(() => cluster({connection: redis.url, ...(args as ClusterArgs)})).toThrow(InvalidArgumentError);
  });

  /** The keys of operators. */
  const keysOf = async (queue: string) => {
    const client = new Redis(redis.url);
    const keys = await client.keys(`tfjs-hessian:${queue}:operator*`);
    client.disconnect();
    return keys;
  };
});
