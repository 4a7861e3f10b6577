import {PassThrough} from 'node:stream';
import {Subject} from 'rxjs';
import {afterAll, expect, it} from 'vitest';
import {dashboard} from '../../src/dashboard.js';
import type {Sink, SinkArgs} from '../../src/sinks.js';
import {csv, ndjson, parquet, summary, tensorBoard} from '../../src/sinks.js';
import type {SampleFailure} from '../../src/streams/hessian-sample.js';
import {makeSample} from './make-sample.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();
const pages: {close(): Promise<void>}[] = [];
afterAll(() => Promise.all(pages.map(page => page.close())));

const sinks: Readonly<Record<string, (args: SinkArgs) => Promise<Pick<Sink, 'next' | 'complete'>> | Sink>> = {
  ndjson: args => ndjson(inFolder('run.ndjson'), args),
  csv: args => csv(inFolder('run.csv'), args),
  parquet: args => parquet(inFolder('run.parquet'), args),
  tensorBoard: args => tensorBoard(inFolder('logs'), args),
  summary: args => summary({stream: new PassThrough(), ...args}),
  dashboard: async args => {
    const page = await dashboard({port: 0, ...args});
    pages.push(page);
    return page;
  },
};

it.each(Object.keys(sinks))('%s reports what is no sample, and goes on', async name => {
  const failures$ = new Subject<SampleFailure>();
  const messages: string[] = [];
  failures$.subscribe(({error}) => messages.push(error.message));
  const sink = await sinks[name]!({failures$});
  const point = {metric: 'trace', layer: null, value: 3};
  for (const other of [null, undefined, 3, point]) sink.next(other as never);
  expect(messages).toEqual(
    ['null', 'undefined', '3', '{metric: "trace", layer: null, value: 3}'].map(
      shown =>
        expect.stringMatching(
          new RegExp(
            `^${name}\\(.*could not write what is no sample: ${escaped(shown)}\\. Subscribe it to the samples`,
          ),
        ) as string,
    ),
  );
  sink.next(makeSample(0));
  expect(messages).toHaveLength(4);
  sink.complete();
});

function escaped(text: string): string {
  return text.replace(/[{}]/g, '\\$&');
}
