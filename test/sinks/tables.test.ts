import {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {asyncBufferFromFile, parquetReadObjects} from 'hyparquet';
import Papa from 'papaparse';
import {from} from 'rxjs';
import {describe, expect, it} from 'vitest';
import {csv} from '../../src/sinks/csv.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {parquet} from '../../src/sinks/parquet.js';
import {readSamples} from '../../src/sinks/read-samples.js';
import {earlierTableHeaders} from '../../src/sinks/sample-table.js';
import {sampleRows} from '../../src/streams/to-rows.js';
import {needsPythonReaders, runPython} from '../python-readers.js';
import {failureMessages} from './failure-messages.js';
import {makeSample} from './make-sample.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();
const readers = await needsPythonReaders();
const samples = Array.from({length: 7}, (_, index) => makeSample(index));
const rows = samples.flatMap(sampleRows);

const readRun = async (path: string) => {
  const found = [];
  for await (const sample of readSamples(path)) found.push(sample);
  return found;
};
/** Renames a file, and returns its former name. */
const renamed = (path: string) => {
  renameSync(path, `${path}.old`);
  return path;
};
const readCsv = (path: string) => {
  const {data, errors} = Papa.parse<Record<string, string>>(readFileSync(path, 'utf8').trimEnd(), {header: true});
  expect(errors).toEqual([]);
  return data;
};
/** As text, like a table without types. */
const texts = rows.map(row =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [key, String(value ?? '')])),
);

describe('csv', () => {
  it('is read by a CSV parser as the rows of toRows(), also with hostile names', () => {
    from(samples).subscribe(csv(inFolder('run.csv')));
    expect(readCsv(inFolder('run.csv'))).toEqual(texts);
  });

  it("is read by Python's csv module as the same rows", readers, () => {
    from(samples).subscribe(csv(inFolder('run.csv')));
    const script = 'import csv, json, sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline="")))))';
    expect(runPython(script, inFolder('run.csv'))).toEqual(texts);
  });

  it('continues a file, writes its header once, and cuts off a torn row', () => {
    const path = inFolder('run.csv');
    from(samples.slice(0, 3)).subscribe(csv(path));
    from(samples.slice(3)).subscribe(csv(path));
    expect(readCsv(path)).toEqual(texts);
    truncateSync(path, readFileSync(path).length - 5);
    from(samples.slice(0, 1)).subscribe(csv(path));
    expect(readCsv(path)).toEqual([...texts.slice(0, -1), ...texts.slice(0, 3)]);
  });

  it.each(earlierTableHeaders)('continues a table of an earlier version with its own columns, %s', header => {
    const path = inFolder('run.csv');
    writeFileSync(path, `${header}\n`);
    from(samples).subscribe(csv(path));
    const names = header.split(',');
    const own = texts.map(row => Object.fromEntries(names.map(name => [name, row[name]])));
    expect(readCsv(path)).toEqual(own);
  });

  it('writes a torn header again', () => {
    const path = inFolder('run.csv');
    writeFileSync(path, 'run,index,ep');
    from(samples).subscribe(csv(path));
    expect(readCsv(path)).toEqual(texts);
  });

  it('writes names that a spreadsheet would run as formulas with an apostrophe, and leaves negative numbers', () => {
    const names = ['=1+1', '+1', '-1', '@sum', '\t=1', 'a=1'];
    from([makeSample(0, {layers: names})]).subscribe(csv(inFolder('run.csv')));
    const read = readCsv(inFolder('run.csv')).slice(1);
    expect(read.map(({layer}) => layer)).toEqual(["'=1+1", "'+1", "'-1", "'@sum", "'\t=1", 'a=1']);
    expect(read.every(({bottom}) => Number(bottom) < 0)).toBe(true);
  });

  it.each([
    ['removed', (path: string) => rmSync(path)],
    ['replaced', (path: string) => writeFileSync(renamed(path), '')],
  ])('begins a new table, with a header, if the file is %s while it is written', (_, change) => {
    const path = inFolder('run.csv');
    const {failures$, messages} = failureMessages();
    const sink = csv(path, {failures$});
    sink.next(samples[0]!);
    change(path);
    for (const sample of samples.slice(1)) sink.next(sample);
    sink.complete();
    expect(readCsv(path)).toEqual(texts.slice(3));
    expect(messages).toEqual([expect.stringMatching(/writes to a new file: the former one was removed or replaced/)]);
  });

  it('does not change a table with other columns', () => {
    writeFileSync(inFolder('mine.csv'), 'run\n1\n2');
    expect(() => csv(inFolder('mine.csv'))).toThrow(/mine\.csv exists and is not a table with the columns of a run/);
    expect(readFileSync(inFolder('mine.csv'), 'utf8')).toBe('run\n1\n2');
  });
});

/** The expected rows of the Parquet file. */
const typed = samples.flatMap(sample => {
  const densities = [sample.full, ...sample.layers].map(({density}) => density);
  return sampleRows(sample).map((row, i) => ({...row, ...densities[i]}));
});

const closed = (path: string, rowGroupSize?: number) =>
  new Promise<void>(resolve => {
    from(samples).subscribe(parquet(path, rowGroupSize === undefined ? {} : {rowGroupSize}));
    // The package may still be loading.
    const wait = () => (endsAsParquet(path) ? resolve() : setTimeout(wait, 5));
    wait();
  });
const endsAsParquet = (path: string) => readFileSync(path).subarray(4).toString('latin1').endsWith('PAR1');

describe('parquet', () => {
  it.each([undefined, 3, 5])(
    'is read by hyparquet with the same values and spectra, in row groups of %s',
    async rowGroupSize => {
      await closed(inFolder('run.parquet'), rowGroupSize);
      const found = await parquetReadObjects({file: await asyncBufferFromFile(inFolder('run.parquet'))});
      expect(found.map(row => ({...row, time: (row.time as Date).toISOString()}))).toEqual(typed);
    },
  );

  it('is read by pyarrow with the same values and types', readers, async () => {
    await closed(inFolder('run.parquet'), 4);
    const script = `
import json, sys
import pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
print(json.dumps({
  'types': {field.name: str(field.type) for field in table.schema},
  'rows': [{**row, 'time': int(row['time'].timestamp() * 1000)} for row in table.to_pylist()],
}))`;
    const {types, rows: found} = runPython(script, inFolder('run.parquet')) as {
      types: Record<string, string>;
      rows: unknown[];
    };
    expect(found).toEqual(typed.map(row => ({...row, time: Date.parse(row.time)})));
    expect(types).toMatchObject({
      run: 'string',
      step: 'int32',
      time: expect.stringMatching(/^timestamp\[ms/),
      trace: 'double',
      nodes: expect.stringMatching(/^list<.*list<.*double/),
    });
  });

  it('has no rows without samples', async () => {
    from([]).subscribe(parquet(inFolder('empty.parquet')));
    await expect.poll(() => endsAsParquet(inFolder('empty.parquet'))).toBe(true);
    expect(await parquetReadObjects({file: await asyncBufferFromFile(inFolder('empty.parquet'))})).toEqual([]);
  });

  it('throws at once if it cannot open its file', () => {
    expect(() => parquet(inFolder('missing/run.parquet'))).toThrow(/its folder does not exist; make it first\.$/);
  });

  it('throws at once for a path that cannot be replaced', () => {
    expect(() => parquet(inFolder('.'))).toThrow(/it is a folder; name a file in it\.$/);
    expect(() => parquet('/dev/null')).toThrow(/it is a device or a pipe/);
  });

  it('keeps the samples as a run until the table is complete, and the table of before as well', async () => {
    writeFileSync(inFolder('run.parquet'), 'before');
    const sink = parquet(inFolder('run.parquet'));
    for (const sample of samples) sink.next(sample);
    expect(await readRun(inFolder('run.parquet.ndjson'))).toEqual(samples);
    expect(readFileSync(inFolder('run.parquet'), 'utf8')).toBe('before');
    sink.complete();
    await sink.closed;
    expect(endsAsParquet(inFolder('run.parquet'))).toBe(true);
    expect(readdirSync(inFolder(''))).toEqual(['run.parquet']);
  });

  it('continues the samples of a process that was killed', async () => {
    from(samples.slice(0, 3)).subscribe(ndjson(inFolder('run.parquet.ndjson')));
    const sink = parquet(inFolder('run.parquet'));
    for (const sample of samples.slice(3)) sink.next(sample);
    sink.complete();
    await sink.closed;
    const found = await parquetReadObjects({file: await asyncBufferFromFile(inFolder('run.parquet'))});
    expect(found).toHaveLength(typed.length);
  });

  it('reports a table that cannot be written at the end, and keeps its samples', async () => {
    const {failures$, messages} = failureMessages();
    const sink = parquet(inFolder('run.parquet'), {failures$, rowGroupSize: 1});
    for (const sample of samples) sink.next(sample);
    rmSync(inFolder('run.parquet'));
    mkdirSync(inFolder('run.parquet/inside'), {recursive: true});
    sink.complete();
    await sink.closed;
    expect(messages).toEqual([
      expect.stringMatching(/could not write: .*Its samples are in .*run\.parquet\.ndjson\.$/),
    ]);
    expect(await readRun(inFolder('run.parquet.ndjson'))).toEqual(samples);
    expect(readdirSync(inFolder('')).sort()).toEqual(['run.parquet', 'run.parquet.ndjson']);
  });
});
