import {expect, it} from 'vitest';
import {faultOf, killWriters} from './kills.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();

it.each([
  ['SIGKILL', 8],
  ['SIGTERM', 2],
  ['SIGINT', 2],
] as const)(
  'a writer that %s ends at random moments leaves every written sample in each file, and the next one continues it',
  async (signal, times) => {
    let ends = 0;
    for await (const killed of killWriters(inFolder('files'), {times, signal, random: Math.random})) {
      expect(faultOf(killed)).toBeNull();
      ends++;
    }
    expect(ends).toBe(times);
  },
  240_000,
);
