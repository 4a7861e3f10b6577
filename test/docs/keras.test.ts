import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {kerasPage} from '../../scripts/keras-models.js';

const page = readFileSync(new URL('../../docs/keras.md', import.meta.url), 'utf8');

it('docs/keras.md lists what the Keras models of the tests show', () => {
  expect(kerasPage(page), '`npx tsx scripts/keras-models.ts` brings it up to date').toBe(page);
});
