import {readFileSync} from 'node:fs';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

beforeAll(() => useEngine('native'));

/** What a page's examples print. */
async function printed(markdown: string, own?: Awaited<ReturnType<typeof readersOwn>>): Promise<unknown[][]> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await runMarkdown(markdown, own);
  const calls = log.mock.calls.map(call => [...call]);
  log.mockRestore();
  return calls;
}

describe('docs/quick-start.md', () => {
  const page = read('docs/quick-start.md');
  const three = (epoch: number) => ['network', 'first', 'last'].map(layer => [epoch, layer]);
  const programs = {
    TypeScript: page,
    'plain JavaScript': page.replaceAll('```ts\n', '```\n').replaceAll('```js\n', '```ts\n'),
  };

  it.each(Object.entries(programs))('has a program in %s that prints the traces of each epoch', async (_, markdown) => {
    const lines = await printed(markdown);
    expect(lines.map(([epoch, layer]) => [epoch, layer])).toEqual([0, 1, 2].flatMap(three));
    expect(lines.every(([, , value, , error]) => Number.isFinite(value) && Number.isFinite(error))).toBe(true);
  });
});

it('the three lines of the landing page run, and print a trace for the network and each layer', async () => {
  const lines = await printed(read('site/index.md'), await readersOwn());
  expect(lines.filter(([layer]) => layer === 'network')).toHaveLength(3);
  expect(lines).toHaveLength(12);
  expect(lines.every(([, value]) => Number.isFinite(value))).toBe(true);
});
