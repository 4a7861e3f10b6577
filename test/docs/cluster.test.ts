import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import {endWorkers, startWorker, type TestWorker} from '../cluster/start-worker.js';
import {useEngine} from '../engines.js';
import {needs} from '../needs.js';
import {findRedis, noRedis, startRedis, type TestRedis} from '../redis.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

let redis: TestRedis | undefined;
const workers: TestWorker[] = [];

beforeAll(() => useEngine('native'));
afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await endWorkers(workers);
  await redis?.stop();
});

it('docs/cluster.md has an example whose samples a worker takes', {
  ...needs(findRedis(), noRedis),
  timeout: 120_000,
}, async () => {
  redis = await startRedis();
  vi.stubEnv('TFJS_HESSIAN_REDIS', redis.url);
  workers.push(startWorker(redis.url));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await runMarkdown(readFileSync(new URL('../../docs/cluster.md', import.meta.url), 'utf8'), await readersOwn());
  // 32 rows in batches of 8, two epochs, a sample every four steps.
  expect(log.mock.calls).toEqual([
    [4, expect.any(Number)],
    [8, expect.any(Number)],
  ]);
});
