import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {smallBatch, smallMlp} from './small-models.js';

const PAGE = readFileSync(new URL('../../docs/regularizer.md', import.meta.url), 'utf8');

beforeAll(() => useEngine('native'));

it('the examples of docs/regularizer.md run, one after the other', async () => {
  const code = [...PAGE.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block!).join('\n');
  const imports = [...code.matchAll(/^import .*?;$/gms)].map(([statement]) => statement);
  const statements = code.replaceAll(/^import .*?;$/gms, '');
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  // Inside the repository, so that its names resolve as they do for a reader's.
  const folder = mkdtempSync(join(import.meta.dirname, 'docs-'));
  try {
    const file = join(folder, 'examples.ts');
    writeFileSync(file, [...imports, 'export default async (model, x, y) => {', statements, '};'].join('\n'));
    const {default: run} = (await import(/* @vite-ignore */ file)) as {default: (...args: unknown[]) => Promise<void>};
    const {x, y} = smallBatch(32);
    await run(smallMlp(), x, y);
    // Three epochs of one step, and the form that is checked.
    expect(log).toHaveBeenCalledTimes(4);
  } finally {
    log.mockRestore();
    rmSync(folder, {recursive: true});
  }
});
