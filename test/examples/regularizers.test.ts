import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';

const tsx = createRequire(import.meta.url).resolve('tsx/cli');
const names = ['none', 'L2', 'trace, all layers', 'trace, middle layers'];

describe('the comparison of regularizers, quickly', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-regularizers-'));
  let output = '';

  beforeAll(() => {
    // The trace shows a penalty of this strength after a few steps; ten times as much overshoots.
    const args = ['--quick', '--strength', '0.01', '--out', folder];
    const {status, stdout, stderr} = spawnSync(process.execPath, [tsx, 'examples/regularizers/compare.ts', ...args], {
      encoding: 'utf8',
    });
    expect(status, stderr.slice(-2000)).toBe(0);
    output = stdout;
  });

  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  it('prints a table of accuracy, trace and top eigenvalue, and the penalty lowers the trace', () => {
    const rows = [...output.matchAll(/^(\S.*?) {3,}([\d.]+) % +(-?[\d.]+) +([\d.]+) +\d+ s$/gm)];
    expect(rows.map(([, name]) => name)).toEqual(names);
    const traces = rows.map(([, , , trace]) => Number(trace));
    expect(traces[2]).toBeLessThan(0.9 * traces[0]!);
    expect(traces[3]).not.toBe(traces[0]);
  });

  it('draws the variants over the epochs', () => {
    const svg = readFileSync(join(folder, 'regularizers.svg'), 'utf8');
    for (const name of names) expect(svg).toContain(`>${name}</text>`);
    expect(svg).not.toMatch(/NaN|undefined/);
    expect(readFileSync(join(folder, 'regularizers.png')).length).toBeGreaterThan(20_000);
  });
});
