import {expect, it} from 'vitest';
import {probeRows} from '../../../src/estimators/products/probe-blocks.js';
import {onCpuWithoutLeaks} from '../synthetic.js';

onCpuWithoutLeaks();

async function probesOf(seed: number, from: number, count: number, size: number): Promise<number[][]> {
  const rows = probeRows(seed, from, count, size);
  try {
    return await rows.array();
  } finally {
    rows.dispose();
  }
}

it('draws Rademacher probes of a tiny operator without replacement: no two differ by their sign alone', async () => {
  for (const size of [1, 2, 3, 6]) {
    const all = 2 ** (size - 1);
    for (let seed = 0; seed < 20; seed++) {
      const probes = await probesOf(seed, 0, all, size);
      expect(new Set(probes.map(probe => probe.map(x => x * probe[0]!).join())).size).toBe(all);
    }
  }
});

it('gives the same probes in one block and in several', async () => {
  for (const size of [3, 50]) {
    const [whole, first, rest] = [
      await probesOf(5, 0, 4, size),
      await probesOf(5, 0, 1, size),
      await probesOf(5, 1, 3, size),
    ];
    expect([...first, ...rest]).toEqual(whole);
  }
});

it('draws each pair of signs equally often', async () => {
  let sum = 0;
  for (let seed = 0; seed < 400; seed++) {
    const [probe] = await probesOf(seed, 0, 1, 3);
    sum += probe![0]! * probe![1]!;
  }
  // The standard deviation of the sum of 400 random signs is 20.
  expect(Math.abs(sum)).toBeLessThan(60);
});
