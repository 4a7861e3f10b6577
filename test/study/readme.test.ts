import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';

const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8').replace(/\s+/g, ' ');

it('the README says of the penalty what the study says', () => {
  const gain = (arm: string) => {
    const found = text('docs/study.md').match(
      `MNIST, 1,000 images, ${arm}: \\+([\\d.]+) \\[\\+([\\d.]+), \\+([\\d.]+)\\]`,
    );
    const [, mean, low, high] = found!;
    return {mean, interval: `${low} to ${high}`};
  };
  const [all, middle, sam, smoothing, dropout] = [
    'HTR, all layers',
    'HTR, middle layer',
    'SAM',
    'label smoothing',
    'dropout',
  ].map(gain);
  expect(text('README.md')).toContain(
    `the penalty on all layers gains ${all!.mean} points of test accuracy (95 % interval ${all!.interval}), ` +
      `that on the middle layer alone ${middle!.mean} (${middle!.interval}), ` +
      `and SAM ${sam!.mean}, label smoothing ${smoothing!.mean} and dropout ${dropout!.mean}.`,
  );
});
