import {expect, it} from 'vitest';
import {killWriters} from './kills.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();

it('a writer that is killed at ten random moments leaves every written sample in the file, and the next one continues it', async () => {
  let kills = 0;
  for await (const {said, found} of killWriters(inFolder('run.ndjson'), 10, Math.random)) {
    kills++;
    // No sample is missing or duplicated.
    expect(found).toEqual(found.map((_, i) => i));
    expect(found.length).toBeGreaterThan(said);
    // The sample after the last reported one may be complete.
    expect(found.length).toBeLessThanOrEqual(said + 2);
  }
  expect(kills).toBe(10);
}, 180_000);
