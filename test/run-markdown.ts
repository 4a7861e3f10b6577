import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** What the examples of a page take for granted: a model and data of the reader's own. */
export interface ReadersOwn {
  readonly model: tfl.LayersModel;
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

/** A small classifier that has made a step, and a batch for it. They are the same in each run. */
export async function readersOwn(): Promise<ReadersOwn> {
  const kernel = (seed: number) => ({kernelInitializer: tfl.initializers.glorotNormal({seed})});
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({units: 8, inputShape: [4], activation: 'relu', ...kernel(1)}),
      tfl.layers.dense({units: 6, activation: 'tanh', ...kernel(2)}),
      tfl.layers.dense({units: 3, activation: 'softmax', ...kernel(3)}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  const labels = Array.from({length: 32}, (_, i) => i % 3);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), 3).toFloat());
  const x = tf.randomNormal([32, 4], 0, 1, 'float32', 1);
  await model.fit(x, y, {epochs: 1, verbose: 0});
  return {model, x, y};
}

/** The code of a page's `ts` blocks. */
export function codeBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
}

/**
 * Runs a page's `ts` blocks, one after the other and in one scope.
 *
 * @param own what they take for granted; nothing where the page's blocks make it.
 */
export async function runMarkdown(markdown: string, own?: ReadersOwn): Promise<void> {
  const {imports, statements} = separate(codeBlocks(markdown).join('\n'));
  // Inside the repository, so that its names resolve as they do for a reader's.
  const folder = mkdtempSync(join(import.meta.dirname, 'markdown-'));
  try {
    const file = join(folder, 'examples.ts');
    writeFileSync(
      file,
      `${imports}\nexport default async (${own ? 'model: never, x: never, y: never' : ''}) => {\n${statements}\n};\n`,
    );
    const {default: run} = (await import(/* @vite-ignore */ file)) as {default: (...args: unknown[]) => Promise<void>};
    await run(own?.model, own?.x, own?.y);
  } finally {
    rmSync(folder, {recursive: true});
  }
}

/** A function's body has no imports: they go to the top of the file. */
function separate(code: string): {imports: string; statements: string} {
  const imports = [...code.matchAll(/^import .*?;$/gms)].map(([statement]) => statement);
  return {imports: imports.join('\n'), statements: code.replaceAll(/^import .*?;$/gms, '')};
}
