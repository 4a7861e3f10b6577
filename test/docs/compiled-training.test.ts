import {readFileSync} from 'node:fs';
import {beforeAll, expect, it, vi} from 'vitest';
import {explainStep} from '../../src/regularizers/explain-step.js';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

beforeAll(() => useEngine('native'));

it('docs/compiled-training.md has an example that trains by compiled steps, and undoes it', async () => {
  const own = await readersOwn();
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const steps: string[] = [];
  const {model} = own;
  const train = model.fit.bind(model);
  model.fit = async (...args) => {
    const history = await train(...args);
    steps.push(explainStep(model));
    return history;
  };
  await runMarkdown(readFileSync(new URL('../../docs/compiled-training.md', import.meta.url), 'utf8'), own);
  log.mockRestore();
  expect(steps).toEqual([expect.stringMatching(/^Training step: /)]);
  expect(explainStep(model)).toMatch(/has no compiled step/);
});
