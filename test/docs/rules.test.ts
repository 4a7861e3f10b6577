import {readFileSync} from 'node:fs';
import {beforeAll, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {runMarkdown} from '../run-markdown.js';

const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
beforeAll(() => useEngine('cpu'));

it('docs/rules.md has an example that runs, and prints what it says', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await runMarkdown(page);
  const printed = log.mock.calls.join('\n');
  log.mockRestore();
  expect(printed).toContain('[12, 48, 108]');
});
