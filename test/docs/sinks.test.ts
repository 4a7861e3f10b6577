import {readdirSync, readFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';
import {useFolder} from '../sinks/use-folder.js';

const page = readFileSync(new URL('../../docs/sinks.md', import.meta.url), 'utf8');
const inFolder = useFolder();
const home = process.cwd();
beforeAll(() => useEngine('native'));
afterAll(() => process.chdir(home));

it('docs/sinks.md has examples that run and write the files that it names', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  process.chdir(inFolder('.'));
  await runMarkdown(page, await readersOwn());
  process.chdir(home);
  expect(readdirSync(inFolder('.')).sort()).toEqual([
    'logs',
    'penalized.ndjson',
    'run.csv',
    'run.ndjson',
    'run.parquet',
  ]);
  // A line a sample, of readSamples.
  expect(log).toHaveBeenCalledTimes(3);
  log.mockRestore();
});
