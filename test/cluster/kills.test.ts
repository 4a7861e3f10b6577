import {describe, expect, it} from 'vitest';
import {randomBits, uniform} from '../../src/random.js';
import {needs} from '../needs.js';
import {findRedis, noRedis} from '../redis.js';
import {killCluster} from './kills.js';

describe('A cluster', needs(findRedis(), noRedis), () => {
  it('has the samples of an undisturbed training after a worker, Redis and the training were killed', async () => {
    const bits = randomBits(3, 0);
    const killed = await killCluster(['worker', 'redis', 'training'], () => uniform(bits));
    expect(killed).toEqual({
      ...{kills: {worker: 1, redis: 1, training: 1}, samples: 20, lost: [], wrong: [], twice: [], early: []},
      ...{failures: [], code: 0},
      // Those between the last checkpoint and the kill.
      again: expect.any(Number),
    });
    expect(killed.again).toBeLessThanOrEqual(5);
  }, 300_000);
});
