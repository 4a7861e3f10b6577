import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {reportPage} from '../../scripts/keras-models.js';

const page = readFileSync(new URL('../../docs/report.md', import.meta.url), 'utf8');

it('docs/report.md lists what the Keras models of the tests show', () => {
  expect(reportPage(page), '`npx tsx scripts/keras-models.ts` brings it up to date').toBe(page);
});
