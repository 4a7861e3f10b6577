import {readFileSync, statSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import {pageOf, readRecords} from '../../bench/typical/page.js';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

const page = readFileSync(new URL('../../docs/reading-the-numbers.md', import.meta.url), 'utf8');
const records = readRecords();

beforeAll(() => useEngine('native'));

describe('docs/reading-the-numbers.md', () => {
  it('has the tables that the committed records give', () => {
    expect(pageOf(page, records), '`npx tsx bench/typical.ts --only document` brings it up to date').toBe(page);
  });

  it('has examples that run, print numbers and leave no tensors behind', async () => {
    const printed: unknown[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...values) => void printed.push(...values.flat()));
    const own = await readersOwn();
    const before = tf.memory().numTensors;
    await runMarkdown(page, own);
    log.mockRestore();
    expect(tf.memory().numTensors).toBe(before);
    expect(printed.length).toBeGreaterThan(5);
    for (const value of printed) expect(String(value)).not.toMatch(/NaN|undefined/);
  });
});

describe('the records', () => {
  const {trainings} = records.values;

  it('have a number that the page shows, computed by hand', () => {
    const [cnn] = records.costs.costs.filter(({network}) => network === 'cnn');
    const row = new RegExp(
      `^\\| CNN, 4 layers \\| ${cnn!.parameters.toLocaleString('en')} \\| [^|]* \\| ([\\d.]+) \\|`,
      'm',
    );
    // Two digits.
    expect(Number(row.exec(page)![1])).toBe(Number(cnn!.gradient.toPrecision(2)));
  });

  it('are of two data sets, two optimizers and at least two seeds for each network', () => {
    for (const network of ['mlp', 'cnn', 'lstm', 'transformer']) {
      for (const data of ['MNIST', 'Fashion-MNIST']) {
        for (const optimizer of ['SGD', 'Adam']) {
          const own = trainings.filter(
            each => each.network === network && each.data === data && each.optimizer === optimizer,
          );
          expect(new Set(own.map(({seed}) => seed)).size, `${network} ${data} ${optimizer}`).toBeGreaterThanOrEqual(2);
        }
      }
    }
  });

  it('show what the page says of the stability ratio', () => {
    const later = trainings.flatMap(training => training.moments.slice(1).map(moment => ({...training, ...moment})));
    const ends = trainings.map(training => ({...training, ...training.moments.at(-1)!}));
    // Of the transformer block with Adam.
    for (const {top, stability} of ends.filter(each => each.network === 'transformer' && each.optimizer === 'Adam')) {
      expect(top).toBeGreaterThan(100);
      expect(stability).toBeLessThan(0.1);
    }
    const lstm = ends.filter(each => each.network === 'lstm' && each.optimizer === 'SGD');
    const beyond = lstm.filter(({stability}) => stability! > 5);
    expect(beyond).toHaveLength(1);
    expect(beyond[0]!.loss).toBe(Math.max(...lstm.map(({loss}) => loss)));
    for (const {stability, network} of later.filter(each => each.optimizer === 'SGD' && each.network !== 'lstm')) {
      expect(stability, network).toBeGreaterThan(0.4);
      expect(stability, network).toBeLessThan(1.7);
    }
  });

  it('show what the page says of negative eigenvalues', () => {
    const share = ({bottom, top}: {bottom: number; top: number}) => -bottom / top;
    for (const {network, moments} of trainings) {
      expect(moments.every(({bottom}) => bottom < 0)).toBe(true);
      for (const {negativeMass} of moments) expect(Math.abs(negativeMass - 0.5), network).toBeLessThan(0.05);
      if (network !== 'mlp' && network !== 'cnn') continue;
      expect(share(moments[0]!), network).toBeLessThanOrEqual(0.3);
      expect(share(moments.at(-1)!), network).toBeLessThanOrEqual(0.2);
    }
    const lstm = trainings.filter(({network}) => network === 'lstm').flatMap(({moments}) => moments);
    expect(Math.max(...lstm.map(share))).toBeGreaterThan(1);
    // Where the trace is about zero, the ratio is of no use.
    expect(Math.max(...lstm.map(({ratio}) => ratio))).toBeGreaterThan(10);
  });

  it('show what the page says of the last layer of the MLP', () => {
    const last = trainings
      .filter(({network}) => network === 'mlp')
      .map(({moments, parameters}) => ({...moments.at(-1)!.layers.at(-1)!, network: parameters}));
    for (const {parameters, network} of last) expect(parameters / network).toBeLessThan(0.01);
    expect(Math.max(...last.map(({traceShare}) => traceShare))).toBeCloseTo(0.5, 1);
  });

  it('are small', () => {
    for (const name of ['values', 'settings', 'costs']) {
      const {size} = statSync(new URL(`../../bench/typical/records/${name}.json`, import.meta.url));
      expect(size, name).toBeLessThan(300_000);
    }
  });
});
