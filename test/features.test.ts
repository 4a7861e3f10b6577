import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {features} from '../scripts/features.js';

it('FEATURES.md is up to date with the rule table and the tests', async () => {
  const page = await features();
  expect(readFileSync(new URL('../FEATURES.md', import.meta.url), 'utf8')).toBe(page);
});

it('FEATURES.md has a test or a reason for every layer, activation, loss and missing rule', async () => {
  const page = await features();
  const empty = page.split('\n').filter(line => /^\| `[^|]*\|(\s*\|)+$/.test(line));
  expect(empty).toEqual([]);
  expect(page).not.toContain('NO REASON GIVEN');
  expect(page).not.toContain('not measured');
  expect(page).not.toContain('| off by');
});
