import {readFileSync} from 'node:fs';
import {beforeAll, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

const page = readFileSync(new URL('../../docs/advice.md', import.meta.url), 'utf8');
const rules = readFileSync(new URL('../../src/advice/advise.ts', import.meta.url), 'utf8');

beforeAll(() => useEngine('native'));

it('docs/advice.md has an example that runs', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await runMarkdown(page, await readersOwn());
  for (const [level, text] of log.mock.calls) {
    expect(level).toMatch(/^(act|look|note)$/);
    expect(text).not.toBe('');
  }
  log.mockRestore();
});

it('docs/advice.md has a row for each rule', () => {
  const files = [...rules.matchAll(/from '\.\/rules\/([\w-]+)\.js'/g)].map(([, file]) => file!);
  const named = files.flatMap(file => {
    const code = readFileSync(new URL(`../../src/advice/rules/${file}.ts`, import.meta.url), 'utf8');
    return [...code.matchAll(/'([a-z]+(?:-[a-z]+)+)'|rule: '([a-z]+)'/g)].map(([, some, one]) => some ?? one!);
  });
  expect(files).toHaveLength(15);
  const rows = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name!);
  expect([...new Set(named)].sort()).toEqual(rows.sort());
});
