import {readFileSync} from 'node:fs';
import {beforeAll, expect, it} from 'vitest';
import {useEngine} from './engines.js';
import {codeBlocks, runMarkdown} from './run-markdown.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

beforeAll(() => useEngine('native'));

it('the examples of the README run, one after the other', async () => {
  expect(codeBlocks(README).length).toBeGreaterThan(3);
  await runMarkdown(README);
});
