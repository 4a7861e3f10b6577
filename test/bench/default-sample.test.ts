import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';

interface Line {
  readonly network: string;
  readonly passes: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly plainErrors: Readonly<Record<string, number>>;
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const lines = read('bench/default-sample/record.ndjson')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Line);
const worst = ({errors}: Line) => Math.max(...Object.values(errors));
const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;

it('a default sample costs at most 1.3 times one without trace probes', () => {
  expect(lines).toHaveLength(45);
  expect(Math.max(...lines.map(({passes}) => passes))).toBeLessThanOrEqual(1.3);
});

it('docs/callbacks.md says how sure default samples are, also of the one whose trace is not known within 15 %', () => {
  const good = lines.filter(line => worst(line) <= 0.15);
  const bad = lines.filter(line => worst(line) > 0.15);
  expect(bad.map(({network}) => network)).toEqual(['LSTM']);
  const page = read('docs/callbacks.md').replaceAll(/\s+/g, ' ');
  expect(page).toContain(
    `at most ${percent(Math.max(...good.map(worst)))} of their values in ${good.length} of ${lines.length} samples`,
  );
  expect(page).toContain(`the error is ${percent(worst(bad[0]!))}:`);
  const passes = Number(Math.max(...lines.map(line => line.passes)).toPrecision(3));
  const plain = Math.max(...lines.flatMap(({plainErrors}) => Object.values(plainErrors)));
  expect(page).toContain(
    `at most ${passes} times the gradient passes of one with \`traceProbes: 0\`, whose errors go up to ${percent(plain)}.`,
  );
});
