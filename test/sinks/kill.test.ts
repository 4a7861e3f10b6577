import {expect, it} from 'vitest';
import {killWriters} from './kills.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();

it('is followed by a file with every sample that was written, killed at ten random moments, and goes on after each', async () => {
  let kills = 0;
  for await (const {said, found} of killWriters(inFolder('run.ndjson'), 10, Math.random)) {
    kills++;
    // No sample is missing, none is there twice.
    expect(found).toEqual(found.map((_, i) => i));
    expect(found.length).toBeGreaterThan(said);
    // The one after it may be whole.
    expect(found.length).toBeLessThanOrEqual(said + 2);
  }
  expect(kills).toBe(10);
}, 180_000);
