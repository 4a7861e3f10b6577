import {readFileSync} from 'node:fs';
import {beforeAll, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

beforeAll(() => useEngine('native'));

it('the example of docs/dashboard.md runs and prints a URL with a token', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await runMarkdown(readFileSync(new URL('../../docs/dashboard.md', import.meta.url), 'utf8'), await readersOwn());
  expect(log.mock.calls).toEqual([[expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/)]]);
  log.mockRestore();
});
