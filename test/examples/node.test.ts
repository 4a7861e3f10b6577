import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import Papa from 'papaparse';
import {expect, it} from 'vitest';
import {readSamples} from '../../src/sinks/read-samples.js';
import {repository, runSource} from '../engine/run-source.js';
import {useFolder} from '../sinks/use-folder.js';

const inFolder = useFolder();

it('the program for Node prints one line per sample, penalizes the middle layer, and writes the run as NDJSON and CSV', async () => {
  const args = [join(repository, 'examples/node/train.ts'), '--epochs', '10', '--out', inFolder('out')];
  const {code, stdout, stderr} = await runSource(args, {cwd: repository});
  expect(code, stderr.slice(-2000)).toBe(0);
  expect(stdout).toMatch(
    /^Penalized: middle\.\nepoch 5 · step 50 · loss .*\n {2}middle layer: effective rank [\d.]+; pe/,
  );
  const [penalty] = [...stdout.matchAll(/penalty ([\d.e-]+)/g)].map(([, value]) => Number(value));
  expect(penalty).toBeGreaterThan(0);
  const steps: number[] = [];
  for await (const {step, layers} of readSamples(inFolder('out/run.ndjson'))) {
    expect(layers.map(({name}) => name)).toEqual(['first', 'middle', 'last']);
    steps.push(step);
  }
  expect(steps).toEqual([50, 100]);
  // The network's row and each layer's.
  const {data} = Papa.parse(readFileSync(inFolder('out/run.csv'), 'utf8').trimEnd(), {header: true});
  expect(data).toHaveLength(2 * 4);
});
