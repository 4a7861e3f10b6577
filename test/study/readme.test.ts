import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';

const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8').replace(/\s+/g, ' ');
const readme = text('README.md');

/** What the study has for a penalty, tuned, in a setting. */
function gain(dataSet: string, images: string, arm: string): {points: string; loss: string} {
  const row = `(?<!-)${dataSet}, ${images} images \\| ${arm} less none`;
  const found = text('docs/study/penalty.md').match(`${row} \\| ([^|]+) \\| [^|]* \\| [^|]* \\| ([−\\d.]+) `);
  const [, points, loss] = found!;
  return {points: points!, loss: loss!};
}

describe('what the README says of the penalty', () => {
  const settings = ['MNIST', 'Fashion-MNIST'].flatMap(dataSet =>
    ['1,000', '10,000', '60,000'].map(images => [dataSet, images] as const),
  );
  it.each(settings)('is what the study says: %s, %s images', (dataSet, images) => {
    const [all, middle] = ['HTR, all layers', 'HTR, middle layer'].map(arm => gain(dataSet, images, arm));
    expect(readme).toContain(
      `| ${dataSet}, ${images} images | ${all!.points} | ${middle!.points} | ${all!.loss} | ${middle!.loss} |`,
    );
  });

  it('counts the sure gains as the study does', () => {
    const [, compared, sure] = /none: (\d+); with a sure gain: (\d+)/.exec(text('docs/study.md'))!;
    expect(readme).toContain(`${sure} of ${compared} comparisons of a penalty with none show a sure gain`);
  });
});
