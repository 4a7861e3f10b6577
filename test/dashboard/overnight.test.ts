/** @module-tag browser */
import {expect, it} from 'vitest';
import {measureOvernight} from '../../scripts/overnight/measure.js';

it('a training of a few hundred samples is measured as one overnight is', async () => {
  const module = new URL('../../src/dashboard.ts', import.meta.url).href;
  const taken: number[] = [];
  const figures = await measureOvernight({samples: 300, layers: 3, looks: 2, timed: 5, module}, samples => {
    taken.push(samples);
  });
  // The first one, five timed ones, those up to 300, and after them five timed ones and two that are looked at.
  expect(taken).toEqual([300]);
  expect(figures.samples).toBe(307);
  const {process: own, page, waits, delays} = figures;
  for (const bytes of [own.empty, own.end, page.used]) expect(bytes).toBeGreaterThan(1e6);
  expect(own.most).toBeGreaterThanOrEqual(own.end);
  expect(page.most).toBeGreaterThan(0);
  expect([waits.first.length, waits.last.length, delays.length]).toEqual([5, 5, 2]);
  for (const time of [...waits.first, ...waits.last, ...delays]) expect(time).toBeGreaterThan(0);
});
