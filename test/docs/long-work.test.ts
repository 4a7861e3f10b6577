import {readFileSync} from 'node:fs';
import {afterEach, beforeAll, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

beforeAll(() => useEngine('native'));
afterEach(() => {
  vi.restoreAllMocks();
});

it('docs/long-work.md has an example that runs and reports its end', async () => {
  const shown: unknown[] = [];
  vi.spyOn(console, 'log').mockImplementation((...values) => void shown.push(...values));
  const page = readFileSync(new URL('../../docs/long-work.md', import.meta.url), 'utf8');
  await runMarkdown(page, await readersOwn());
  expect(shown).toEqual([expect.stringMatching(/^\d+ products, 0 s left$/), expect.any(Number)]);
});
