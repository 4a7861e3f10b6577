import {afterEach, expect, it, vi} from 'vitest';
import {runWorker} from '../../../src/cli/worker/run-worker.js';
import {InvalidArgumentError} from '../../../src/errors.js';

vi.mock('../../../src/sinks/peer-package.js', () => ({
  assertInstalled: (_: unknown, what: string) => {
    throw new InvalidArgumentError(`${what} needs packages`);
  },
}));

afterEach(() => vi.restoreAllMocks());

it('a worker without its packages says so before anything else', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const sizes = {maxBytes: 1, memory: 1, lock: 1_000, grace: 1_000};
  const args = {redis: 'redis://127.0.0.1:1', queue: 'q', concurrency: 1, imports: [], once: true, ...sizes};
  await expect(runWorker(args)).rejects.toThrow(/^A worker needs packages$/);
  expect(log).not.toHaveBeenCalled();
});
