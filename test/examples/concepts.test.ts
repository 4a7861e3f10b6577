import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, it} from 'vitest';

const tsx = createRequire(import.meta.url).resolve('tsx/cli');
const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-concepts-'));

function run(example: string, ...args: string[]): string {
  const {status, stdout, stderr} = spawnSync(
    process.execPath,
    [tsx, `examples/concepts/${example}`, '--quick', ...args],
    {
      encoding: 'utf8',
    },
  );
  expect(status, stderr.slice(-2000)).toBe(0);
  return stdout;
}

afterAll(() => rmSync(folder, {recursive: true, force: true}));

it('Sophia with either diagonal has a row beside Adam and SGD, and a loss below that of guessing', () => {
  const output = run('sophia.ts');
  const rows = [...output.matchAll(/^(\S.*?) {2,}[\d.]+ {2,}([\d.]+) {2,}[\d.]+ {2,}[\d.]+ % {2,}(?:(\d+) %)?/gm)];
  expect(rows.map(([, name]) => name)).toEqual([
    'SGD, momentum 0.9',
    'Adam',
    'Sophia, Hessian',
    'Sophia, Gauss–Newton',
  ]);
  for (const [, name, loss] of rows) expect(Number(loss), name).toBeLessThan(Math.log(10));
  // Only Sophia clips, some of its entries and not all.
  expect(rows.map(([, , , clipped]) => clipped !== undefined)).toEqual([false, false, true, true]);
  for (const [, , , clipped] of rows.slice(2)) expect(Number(clipped)).toBeLessThan(100);
});

it('the loss along the top eigenvectors has the curvature of their eigenvalues, and the slices are drawn', () => {
  const output = run('loss-slices.ts', '--out', folder);
  const [first, second] = [...output.matchAll(/curvature ([\d.]+) ± [\d.e-]+, slope .* a distance of ([\d.]+)\./g)];
  expect(Number(first![1])).toBeGreaterThan(Number(second![1]));
  for (const [, , distance] of [first!, second!]) expect(Number(distance)).toBeGreaterThan(0);
  const svg = readFileSync(join(folder, 'loss-slices.svg'), 'utf8');
  expect(svg).toContain('first eigenvector: eigenvalue');
  expect(svg).not.toMatch(/NaN|undefined/);
  const png = readFileSync(join(folder, 'loss-slices.png'));
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1640, 1780]);
});
