import {copyFileSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {from} from 'rxjs';
import {beforeEach, describe, expect, it} from 'vitest';
import {advise} from '../../src/advice/advise.js';
import {exportRun} from '../../src/cli/export/export-run.js';
import {RunRecord} from '../../src/dashboard/runs/run-record.js';
import {builtInMetrics} from '../../src/metrics/built-in.js';
import {csv} from '../../src/sinks/csv.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {readSamples} from '../../src/sinks/read-samples.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {metricPoints} from '../../src/streams/metric-points.js';
import {makeSample} from '../sinks/make-sample.js';
import {useFolder} from '../sinks/use-folder.js';

/** A run that version 0.1.0 wrote before samples had a stability: two dense layers, Adam, four samples. */
const FILE = join(import.meta.dirname, 'files/schema-1.ndjson');

const inFolder = useFolder();
beforeEach(() => copyFileSync(FILE, inFolder('run.ndjson')));

async function samplesOf(path: string): Promise<HessianSample[]> {
  const found: HessianSample[] = [];
  for await (const sample of readSamples(path)) found.push(sample);
  return found;
}

describe('a run of schema 1', () => {
  it('is read with all that it has, and no stability', async () => {
    const samples = await samplesOf(FILE);
    const lines = readFileSync(FILE, 'utf8').trim().split('\n');
    expect(samples).toHaveLength(4);
    expect(samples.map(({stability: _, ...rest}) => rest)).toEqual(lines.map(line => JSON.parse(line)));
    expect(samples.map(({schema, stability}) => [schema, stability])).toEqual(samples.map(() => [1, null]));
  });

  it('is continued with samples of schema 2', async () => {
    from([makeSample(4)]).subscribe(ndjson(inFolder('run.ndjson')));
    expect((await samplesOf(inFolder('run.ndjson'))).map(({schema}) => schema)).toEqual([1, 1, 1, 1, 2]);
  });

  it.each(['run.csv', 'run.parquet', 'run.tfevents'])(
    'goes to %s beside samples of schema 2 without statistics of the gradient, and with them',
    async name => {
      from([makeSample(4), makeSample(5)]).subscribe(ndjson(inFolder('run.ndjson')));
      const samples = await samplesOf(inFolder('run.ndjson'));
      expect(samples.map(({gradients}) => gradients?.parts)).toEqual([...Array(5).fill(undefined), 8]);
      expect(await exportRun(inFolder('run.ndjson'), inFolder(name))).toMatchObject({samples: 6});
      const record = new RunRecord('r', 'r');
      for (const sample of samples) record.add(sample);
      expect(record.view({blocks: [0], from: null, to: null}).moments.loss).toHaveLength(6);
      expect(() => advise(samples)).not.toThrow();
    },
  );

  it.each(['run.csv', 'run.parquet', 'run.tfevents'])('is exported to %s', async name => {
    expect(await exportRun(inFolder('run.ndjson'), inFolder(name))).toMatchObject({samples: 4, runs: 1});
  });

  it('is written to a table whose columns for the stability are empty', async () => {
    from(await samplesOf(FILE)).subscribe(csv(inFolder('run.csv')));
    const [header, first] = readFileSync(inFolder('run.csv'), 'utf8').split('\n');
    const at = header!.split(',').indexOf('optimizer');
    expect(at).toBeGreaterThan(0);
    expect(first!.split(',')[at]).toBe('');
  });

  it('has points of every metric that it had, and an edge that says that it is that of plain SGD', async () => {
    const [sample] = await samplesOf(FILE);
    const top = sample!.full.largest[0]!.value;
    for (const name of Object.keys(builtInMetrics) as (keyof typeof builtInMetrics)[]) {
      for (const {value} of metricPoints(sample!, builtInMetrics[name])) expect(value, name).toSatisfy(Number.isFinite);
    }
    const [edge] = metricPoints(sample!, builtInMetrics.edgeOfStability);
    expect(edge!.value).toBeCloseTo((top * sample!.learningRate!) / 2, 9);
    const record = new RunRecord('r', 'r');
    record.add(sample!);
    expect(record.view({blocks: [0], from: null, to: null}).optimizer).toBe('plain SGD');
  });

  it('is advised on, without a finding on the edge of an optimizer that it does not name', async () => {
    const findings = advise(await samplesOf(FILE));
    expect(findings.filter(({rule}) => /edge/.test(rule))).toEqual([]);
  });
});
