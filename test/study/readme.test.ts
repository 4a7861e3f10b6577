import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';

const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8').replace(/\s+/g, ' ');

it('the README says of the penalty what the study says', () => {
  const study = text('docs/study/penalty.md');
  const readme = text('README.md');
  const gain = (arm: string, dataSet = 'MNIST', images = '1,000') => {
    const number = '\\+?([−\\d.]+)';
    const row = `(?<!-)${dataSet}, ${images} images \\| ${arm} less none`;
    const found = study.match(`${row} \\| ${number} \\[${number}, ${number}\\] \\| [^|]* \\| [^|]* \\| ${number} `);
    const [, mean, low, high, loss] = found!;
    return {mean, interval: `${low} to ${high}`, loss};
  };
  const [all, middle] = [gain('HTR, all layers'), gain('HTR, middle layer')];
  expect(readme).toContain(
    `the penalty on all layers gains ${all.mean} points of test accuracy (95 % interval ${all.interval}), ` +
      `that on the middle layer alone ${middle.mean} (${middle.interval}), ` +
      `and SAM ${gain('SAM').mean}, label smoothing ${gain('label smoothing').mean} and dropout ${gain('dropout').mean}.`,
  );
  const [ofAll, ofMiddle] = [gain('HTR, all layers', 'Fashion-MNIST'), gain('HTR, middle layer', 'Fashion-MNIST')];
  expect(readme).toContain(`they gain ${ofAll.mean} (${ofAll.interval}) and ${ofMiddle.mean} (${ofMiddle.interval}).`);
  expect(readme).toContain(
    `The test loss with the penalty on all layers is ${all.loss} and ${ofAll.loss} of that without.`,
  );
  const [more, moreFashion] = ['MNIST', 'Fashion-MNIST'].map(dataSet => gain('HTR, all layers', dataSet, '10,000'));
  expect(readme).toContain(
    `it gains ${more!.mean} points (${more!.interval}), and the loss is ${more!.loss} of that without; ` +
      `of Fashion-MNIST, ${moreFashion!.mean} points (${moreFashion!.interval}) and ${moreFashion!.loss}.`,
  );
});
