import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {features} from '../scripts/features.js';

it('FEATURES.md is what scripts/features.ts makes of the rule table and the tests', async () => {
  const page = await features();
  expect(readFileSync(new URL('../FEATURES.md', import.meta.url), 'utf8')).toBe(page);
});

it('every layer, activation and loss on it is verified or beyond what TensorFlow.js trains, every missing rule explained', async () => {
  const page = await features();
  const empty = page.split('\n').filter(line => /^\| `[^|]*\|(\s*\|)+$/.test(line));
  expect(empty).toEqual([]);
  expect(page).not.toContain('NO REASON GIVEN');
  expect(page).not.toContain('not measured');
  expect(page).not.toContain('| off by');
});
