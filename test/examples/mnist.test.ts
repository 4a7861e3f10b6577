import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';

const tsx = createRequire(import.meta.url).resolve('tsx/cli');

const engines = [
  {engine: 'native', layers: ['conv_8', 'conv_16', 'dense_64', 'dense_10'], middle: ['conv_16', 'dense_64']},
  {engine: 'wasm', layers: ['dense_64', 'dense_48', 'dense_32', 'dense_10'], middle: ['dense_48', 'dense_32']},
];

describe.each(engines)('the demo, quickly, on $engine', ({engine, layers, middle}) => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-demo-'));
  let output = '';

  beforeAll(() => {
    const args = [tsx, 'examples/mnist.ts', '--quick', '--engine', engine, '--out', folder];
    const {status, stdout, stderr} = spawnSync(process.execPath, args, {encoding: 'utf8'});
    expect(status, stderr.slice(-2000)).toBe(0);
    output = stdout;
  });

  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  it('prints a line for each sample: the first and fifth step and the epoch, of both runs', () => {
    const sampled = [
      ...output.matchAll(/step (\d+) of 8: loss [\d.]+, trace -?[\d.]+ ± [\d.]+, top eigenvalue [\d.]+/g),
    ];
    expect(sampled.map(([, step]) => step)).toEqual(['1', '5', '8', '1', '5', '8']);
  });

  it('prints a table of the whole network and every layer for both runs', () => {
    const rows = [...output.matchAll(/^ {2}(.+?) +[\d,]+ +(-?[\d.]+) ± [\d.]+ +([\d.]+) ± \S+/gm)];
    expect(rows.map(([, name]) => name)).toEqual(['whole network', ...layers, 'whole network', ...layers]);
    expect(output).toContain(`middle layers penalized (${middle.join(', ')})`);
    for (const [, name, , top] of rows) expect(Number(top), name).toBeGreaterThan(0);
  });

  it('prints the test accuracy of both runs, better than chance', () => {
    const accuracies = [...output.matchAll(/^(?:plain|middle layers penalized) +([\d.]+) % /gm)];
    expect(accuracies).toHaveLength(2);
    for (const [, percent] of accuracies) expect(Number(percent)).toBeGreaterThan(15);
  });

  it('draws a picture with a column for each block, as SVG', () => {
    const path = join(folder, 'mnist-spectra.svg');
    const svg = readFileSync(path, 'utf8');
    expect(output).toContain(path);
    for (const name of ['whole network', ...layers]) expect(svg).toContain(`>${name}</text>`);
    expect(svg.match(/>penalized</g)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('draws the same picture as PNG, twice as large and not empty', () => {
    const path = join(folder, 'mnist-spectra.png');
    const png = readFileSync(path);
    expect(output).toContain(path);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    // The header's width and height.
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2560, 1760]);
    // White paper alone takes 20 kB, text without glyphs of a font not much more.
    expect(png.length).toBeGreaterThan(150_000);
  });
});
