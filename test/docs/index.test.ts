import {readFileSync} from 'node:fs';
import {beforeAll, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

beforeAll(() => useEngine('native'));

it('docs/README.md has an example that prints a trace for the network and each layer, after each epoch', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const page = readFileSync(new URL('../../docs/README.md', import.meta.url), 'utf8');
  await runMarkdown(page, await readersOwn());
  const printed = log.mock.calls.map(([epoch, layer, value]) => [epoch, layer === 'network', Number.isFinite(value)]);
  log.mockRestore();
  const once = (epoch: number) => [epoch, false, true];
  expect(printed).toEqual([0, 1, 2].flatMap(epoch => [[epoch, true, true], once(epoch), once(epoch), once(epoch)]));
});
