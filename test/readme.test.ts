import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, expect, it} from 'vitest';
import {useEngine} from './engines.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

beforeAll(() => useEngine('native'));

it('is made of examples that run, one after the other, with a model and data of the reader’s own', async () => {
  const blocks = [...README.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  expect(blocks.length).toBeGreaterThan(3);
  const {imports, statements} = separate(blocks.join('\n'));
  // Inside the repository, so that its names resolve as they do for a reader's.
  const folder = mkdtempSync(join(import.meta.dirname, 'readme-'));
  try {
    const file = join(folder, 'examples.ts');
    writeFileSync(file, `${imports}\nexport default async (model: never, x: never, y: never) => {\n${statements}\n};\n`);
    const {default: run} = (await import(/* @vite-ignore */ file)) as {default: (...args: unknown[]) => Promise<void>};
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 8, inputShape: [4], activation: 'relu'}),
        tfl.layers.dense({units: 3, activation: 'softmax'}),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    const labels = tf.tensor1d(Array.from({length: 32}, (_, i) => i % 3), 'int32');
    await run(model, tf.randomNormal([32, 4], 0, 1, 'float32', 1), tf.oneHot(labels, 3).toFloat());
  } finally {
    rmSync(folder, {recursive: true});
  }
});

/** A function's body has no imports: they go to the top of the file. */
function separate(code: string): {imports: string; statements: string} {
  const imports = [...code.matchAll(/^import .*?;$/gms)].map(([statement]) => statement);
  return {imports: imports.join('\n'), statements: code.replaceAll(/^import .*?;$/gms, '')};
}
