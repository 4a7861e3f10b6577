import {readFileSync} from 'node:fs';
import {afterEach, beforeAll, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

beforeAll(() => useEngine('native'));
afterEach(() => {
  vi.restoreAllMocks();
});

it('docs/stability.md has examples that run and say where the optimizer is', async () => {
  const shown: unknown[] = [];
  vi.spyOn(console, 'log').mockImplementation((...values) => void shown.push(...values));
  const page = readFileSync(new URL('../../docs/stability.md', import.meta.url), 'utf8');
  await runMarkdown(page, await readersOwn());
  expect(shown).toEqual([expect.stringMatching(/^\w+: [\d.]+ of [\d.]+, steps (shrink|grow)$/)]);
});
