import {appendFileSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import {asyncBufferFromFile, parquetReadObjects} from 'hyparquet';
import Papa from 'papaparse';
import {from} from 'rxjs';
import {beforeEach, describe, expect, it} from 'vitest';
import {exportRun} from '../../src/cli/export/export-run.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {sampleRows} from '../../src/streams/to-rows.js';
import {commandLine, runSource} from '../engine/run-source.js';
import {needsPythonReaders, runPython} from '../python-readers.js';
import {makeSample} from '../sinks/make-sample.js';
import {useFolder} from '../sinks/use-folder.js';

const inFolder = useFolder();
const readers = await needsPythonReaders();
const samples = [...[0, 1, 2].map(i => makeSample(i)), ...[3, 4].map(i => makeSample(i, {run: 'run-2'}))];
const rows = samples.flatMap(sampleRows);

beforeEach(() => {
  from(samples).subscribe(ndjson(inFolder('run.ndjson')));
});

describe('export', () => {
  it('writes a CSV file with the rows of all samples, and replaces an existing file', async () => {
    const file = inFolder('run.csv');
    writeFileSync(file, 'something else');
    for (let times = 0; times < 2; times++) {
      expect(await exportRun(inFolder('run.ndjson'), file)).toEqual({file, samples: 5, runs: 2});
      expect(Papa.parse(readFileSync(file, 'utf8').trimEnd(), {header: true}).data).toHaveLength(rows.length);
    }
  });

  it('writes a Parquet file that is complete when it returns', async () => {
    await exportRun(inFolder('run.ndjson'), inFolder('run.parquet'));
    const found = await parquetReadObjects({file: await asyncBufferFromFile(inFolder('run.parquet'))});
    expect(found.map(({layer, trace}) => ({layer, trace}))).toEqual(rows.map(({layer, trace}) => ({layer, trace})));
  });

  it('writes event files that TensorBoard can read, one folder per run', readers, async () => {
    await exportRun(inFolder('run.ndjson'), inFolder('logs/run.tfevents'));
    const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
print(json.dumps([[e.step for e in EventAccumulator(path).Reload().Scalars('hessian/trace')] for path in sys.argv[1:]]))`;
    expect(runPython(script, inFolder('logs'), inFolder('logs/run-2'))).toEqual([
      [10, 20, 30],
      [40, 50],
    ]);
  });

  it('skips a torn last line', async () => {
    appendFileSync(inFolder('run.ndjson'), '{"schema":1,"run":"run-2","ind');
    expect(await exportRun(inFolder('run.ndjson'), inFolder('run.csv'))).toMatchObject({samples: 5});
  });

  it('keeps an existing file, and leaves no partial one, if the run cannot be read', async () => {
    writeFileSync(inFolder('run.csv'), 'precious');
    await expect(exportRun(inFolder('none'), inFolder('run.csv'))).rejects.toThrow(/there is no such file/);
    writeFileSync(inFolder('empty'), '');
    await expect(exportRun(inFolder('empty'), inFolder('run.csv'))).rejects.toThrow(/has no samples yet/);
    expect(readFileSync(inFolder('run.csv'), 'utf8')).toBe('precious');
    appendFileSync(inFolder('run.ndjson'), '{}\n');
    for (const file of ['new.csv', 'new.parquet', 'new.tfevents']) {
      await expect(exportRun(inFolder('run.ndjson'), inFolder(file))).rejects.toThrow(/run\.ndjson, line 6: /);
      expect(existsSync(inFolder(file))).toBe(false);
    }
  });

  it('lists the formats that it can write', async () => {
    await expect(exportRun(inFolder('run.ndjson'), 'run.xlsx')).rejects.toThrow(
      /run\.xlsx: the file to write must end in \.csv, \.parquet or \.tfevents\.$/,
    );
    await expect(exportRun(inFolder('run.ndjson'), inFolder('none/run.csv'))).rejects.toThrow(
      /its folder does not exist/,
    );
  });

  it('is a command with examples, prints a line or JSON, and errors in one line with exit code 1', async () => {
    const run = (...args: string[]) => runSource([commandLine, 'export', ...args]);
    const [help, plain, json, wrong] = await Promise.all([
      run('--help'),
      run(inFolder('run.ndjson'), inFolder('plain.csv')),
      run(inFolder('run.ndjson'), inFolder('json.csv'), '--json'),
      run(inFolder('run.ndjson'), 'run.xlsx'),
    ]);
    expect(help.stdout).toMatch(/Examples:\n {2}\$ npx tfjs-hessian export run\.ndjson run\.csv/);
    expect(plain).toEqual({code: 0, stdout: `${inFolder('plain.csv')}: 5 samples of 2 runs.\n`, stderr: ''});
    expect(JSON.parse(json.stdout)).toEqual({file: inFolder('json.csv'), samples: 5, runs: 2});
    expect(wrong).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^tfjs-hessian: run\.xlsx: .*\n$/),
    });
  });
});
