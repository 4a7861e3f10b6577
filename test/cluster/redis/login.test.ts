// A training and a worker with a Redis that asks for a user's password, over TLS with a certificate of the test.
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {inspect} from 'node:util';
import {Redis} from 'ioredis';
import {afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import {HessianSpectrumCallback} from '../../../src/callbacks/hessian-spectrum-callback.js';
import {type ClusterArgs, cluster} from '../../../src/cluster/cluster.js';
import {ClusterError} from '../../../src/errors.js';
import {trace} from '../../../src/estimators/trace.js';
import {hessian} from '../../../src/operators/hessian.js';
import {collect, everyStep, plainModel, smallData, timeless} from '../../callbacks/small-model.js';
import {useEngine} from '../../engines.js';
import {needs} from '../../needs.js';
import {smallModel as productModel, smallBatches} from '../../operators/shards/small-dataset.js';
import {findRedis, noRedis, startRedis, type TestRedis} from '../../redis.js';
import {useFolder} from '../../sinks/use-folder.js';
import {endWorkers, startWorker, type TestWorker} from '../start-worker.js';

const PASSWORD = 'hidden-w@rd';
const ENCODED = encodeURIComponent(PASSWORD);
/** The rules of docs/cluster.md. */
const user = {
  name: 'trainer',
  password: PASSWORD,
  rules: ['~tfjs-hessian:*', '+@all', '-@admin', '-@dangerous', '+info'],
};
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const missing = findRedis() === undefined ? noRedis : 'there is no openssl here, which makes the certificate.';

describe('With an access control list and TLS', needs(findRedis() !== undefined && hasOpenssl, missing), () => {
  const inFolder = useFolder();
  let redis: TestRedis;
  let cert = '';
  const workers: TestWorker[] = [];
  beforeAll(async () => {
    await useEngine('native');
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await endWorkers(workers);
    await redis.stop();
  });

  const start = async () => {
    cert = inFolder('cert.pem');
    const key = inFolder('key.pem');
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const args = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ];
    const {status, stderr} = spawnSync('openssl', args, {encoding: 'utf8'});
    expect(status, stderr).toBe(0);
    redis = await startRedis({user, tls: {cert, key}});
  };
  /** A worker that finds the address in its environment, and prints stack traces. */
  const work = (password: string, knowsCertificate: boolean) => {
    const worker = startWorker(null, [], {
      TFJS_HESSIAN_REDIS: `rediss://trainer:${password}@127.0.0.1:${redis.port}`,
      TFJS_HESSIAN_DEBUG: '1',
      ...(knowsCertificate && {NODE_EXTRA_CA_CERTS: cert}),
    });
    workers.push(worker);
    return worker;
  };
  const train = async (background: ReturnType<typeof cluster> | false) => {
    const curvature = new HessianSpectrumCallback({...everyStep, background});
    const {samples, failures} = collect(curvature);
    const {x, y} = smallData();
    await plainModel().fit(x, y, {epochs: 1, batchSize: 10, shuffle: false, verbose: 0, callbacks: [curvature]});
    await curvature.drained();
    curvature.dispose();
    return {samples: samples.map(timeless), failures};
  };
  const connection = (more: Partial<ClusterArgs['connection'] & object> = {}) => ({
    ...{host: '127.0.0.1', port: redis.port, username: 'trainer', password: PASSWORD},
    tls: {ca: readFileSync(cert)},
    ...more,
  });
  const expectNoPassword = (text: string) => {
    for (const secret of [PASSWORD, ENCODED, 'hidden', 'wrong-word']) expect(text).not.toContain(secret);
  };

  it('a training and a worker log in and compute, and the password is in no line and in no message', async () => {
    await start();
    const said: unknown[] = [];
    for (const method of ['log', 'warn', 'error', 'info'] as const) {
      vi.spyOn(console, method).mockImplementation((...words: unknown[]) => void said.push(words));
    }
    const worker = work(ENCODED, true);
    const found = await train(cluster({connection: connection()}));
    expect(found.failures).toEqual([]);
    expect(found.samples).toHaveLength(2);
    expect(found).toEqual(await train(false));
    await worker.said(/taken in[\s\S]*taken in/);
    // Products too.
    const batches = smallBatches();
    const traceOn = async (args: Parameters<typeof hessian>[2]) => {
      const H = await hessian(productModel(), batches, args);
      const found = await trace(H, {probes: 2, seed: 3});
      H.dispose();
      return found;
    };
    expect(await traceOn({on: cluster({connection: connection()})})).toEqual(await traceOn({}));
    const waiting = await train(cluster({connection: connection(), queue: 'other', workerTimeout: 1}));
    expect(waiting.failures[0]!.error.message).toMatch(/No worker was there .* --redis rediss:\/\/127\.0\.0\.1:\d+ /);
    expectNoPassword(inspect([found, waiting, said], {depth: 20}));
    expectNoPassword(worker.output());
    expect(worker.output()).toContain(`rediss://127.0.0.1:${redis.port}`);
    const client = new Redis(connection() as object);
    const keys = (await client.call('SCAN', '0', 'COUNT', '10000')) as [string, string[]];
    expect(keys[1].length).toBeGreaterThan(0);
    for (const key of keys[1]) {
      const dump = (await client.callBuffer('DUMP', key)) as Buffer | null;
      expectNoPassword(`${key} ${dump?.toString('latin1')}`);
    }
    client.disconnect();
  });

  it.each([
    ['a wrong password', {password: 'wrong-word'}, 'wrong-word', true, /WRONGPASS/],
    ['a certificate that nobody knows', {tls: true}, ENCODED, false, /self-signed certificate/i],
    ['no TLS', {tls: false}, ENCODED, false, /./],
  ] as const)(
    '%s fails the samples and is said by the worker, without the password',
    async (_, more, password, knows, why) => {
      await start();
      const worker = work(password, knows);
      const {samples, failures} = await train(cluster({connection: connection(more), redisTimeout: 1500}));
      expect(samples).toEqual([]);
      expect(failures).toHaveLength(2);
      for (const {error} of failures) {
        expect(error).toBeInstanceOf(ClusterError);
        expect(error.message).toMatch(
          /^Redis at rediss?:\/\/127\.0\.0\.1:\d+ has not answered for 1\.5 s \(.+\); check/,
        );
        expect(error.message).toMatch(why);
        expectNoPassword(inspect(error, {depth: 20}));
      }
      await worker.said(/does not answer \(.+\); trying again|has closed the connection/);
      worker.child.kill('SIGTERM');
      expect(await worker.ended, worker.output()).toBe(143);
      expectNoPassword(worker.output());
    },
  );
});
