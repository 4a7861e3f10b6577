import {readFileSync, truncateSync, writeFileSync} from 'node:fs';
import {asyncBufferFromFile, parquetReadObjects} from 'hyparquet';
import Papa from 'papaparse';
import {from, Subject} from 'rxjs';
import {describe, expect, it} from 'vitest';
import {csv} from '../../src/sinks/csv.js';
import {parquet} from '../../src/sinks/parquet.js';
import type {SampleFailure} from '../../src/streams/hessian-sample.js';
import {sampleRows} from '../../src/streams/to-rows.js';
import {needsPythonReaders, runPython} from '../python-readers.js';
import {makeSample} from './make-sample.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();
const readers = await needsPythonReaders();
const samples = Array.from({length: 7}, (_, index) => makeSample(index));
const rows = samples.flatMap(sampleRows);

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

  it('writes a torn header again', () => {
    const path = inFolder('run.csv');
    writeFileSync(path, 'run,index,ep');
    from(samples).subscribe(csv(path));
    expect(readCsv(path)).toEqual(texts);
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

  it('reports a full disk on failures$', async () => {
    const failures$ = new Subject<SampleFailure>();
    const messages: string[] = [];
    failures$.subscribe(({error}) => messages.push(error.message));
    const sink = parquet('/dev/full', {failures$, rowGroupSize: 1});
    await import('hyparquet-writer');
    await new Promise(resolve => setTimeout(resolve));
    for (const sample of samples.slice(0, 2)) sink.next(sample);
    sink.complete();
    expect(messages).toEqual([
      expect.stringMatching(/^parquet\("\/dev\/full"\) could not write sample 0 .*ENOSPC/),
      expect.stringMatching(/could not write sample 1 .*ENOSPC/),
      expect.stringMatching(/could not write: ENOSPC/),
    ]);
  });
});
