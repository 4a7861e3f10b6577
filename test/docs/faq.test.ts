import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it, vi} from 'vitest';
import {useEngine} from '../engines.js';
import {readersOwn, runMarkdown} from '../run-markdown.js';

const page = readFileSync(new URL('../../docs/faq.md', import.meta.url), 'utf8');

beforeAll(() => useEngine('native'));

it('docs/faq.md has examples that run, say what the page says and leave no tensors behind but their own', async () => {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => void printed.push(values.join(' ')));
  const own = await readersOwn();
  const before = tf.memory().numTensors;
  await runMarkdown(page, own);
  log.mockRestore();
  // Two weights of `classes`, its optimizer's learning rate, the variable `w`, and three constants.
  expect(tf.memory().numTensors - before).toBe(7);
  const [same, defaults, ends, labels, rounding, cost, block, squares, solved, twice] = printed;
  expect(printed).toHaveLength(10);
  expect(same).toBe('same seed, same number: true');
  expect(defaults).toBe('0.001 hardSigmoid');
  const [top, extreme] = ends!.split(' ').map(Number);
  expect(Math.abs(extreme!)).toBeGreaterThanOrEqual(Math.abs(top!) * (1 - 1e-3)); // the tolerance of `eigenvalues`
  expect(labels).toMatch(/^Label 3 .* is no class: .* Labels count from 0; /);
  expect(Number(rounding!.split(' ').at(-1))).toBeLessThan(1e-4);
  expect(cost).toMatch(/^\d+ gradient passes, [\d.]+ s, [\d.]+ MB$/);
  expect(block).not.toContain('NaN');
  expect(Number(squares)).toBeGreaterThan(0);
  expect(solved).toMatch(/ true$/);
  // The page quotes four digits.
  const [wrong, right] = twice!.split(' ').map(Number);
  expect(page).toContain(`// ${wrong!.toFixed(4)}, −${Math.abs(right!).toFixed(4)};`);
  const exact = (2 / Math.cosh(2) ** 2) * (1 - 2 * Math.tanh(2));
  // float32: products of numbers near 1.
  expect(Math.abs(right! - exact)).toBeLessThan(1e-6);
  expect(Math.abs(wrong! - exact)).toBeGreaterThan(0.1);
});
