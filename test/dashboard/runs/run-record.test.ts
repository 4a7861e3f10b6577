import {describe, expect, it} from 'vitest';
import {bandOf, buckets} from '../../../src/dashboard/runs/buckets.js';
import {KeptSpectra} from '../../../src/dashboard/runs/kept-spectra.js';
import {RunBook} from '../../../src/dashboard/runs/run-book.js';
import {RunRecord} from '../../../src/dashboard/runs/run-record.js';
import {NoticeLog} from '../../../src/dashboard/server/notice-log.js';
import {tableHeader, tableLine} from '../../../src/sinks/sample-table.js';
import type {HessianSample} from '../../../src/streams/hessian-sample.js';
import {sampleRows} from '../../../src/streams/to-rows.js';
import {makeSample} from '../../sinks/make-sample.js';

const all = {from: null, to: null} as const;

describe('buckets', () => {
  it.each([
    [0, 0, 5],
    [3, 4, 5],
    [0, 7, 5],
    [2, 1000, 10],
  ])('split %i to %i into at most %i, without losing a place, and the last one alone', (start, end, most) => {
    const parts = buckets(start, end, most);
    expect(parts.length).toBeLessThanOrEqual(most);
    expect(parts.flatMap(part => Array.from({length: part.end - part.start}, (_, i) => part.start + i))).toEqual(
      Array.from({length: end - start}, (_, i) => start + i),
    );
    if (end > start) expect(parts.at(-1)).toEqual({start: end - 1, end});
  });

  it('keep a spike that falls between two moments', () => {
    const values = Array.from({length: 10_000}, (_, i) => (i === 4567 ? 99 : 1));
    const {high, value} = bandOf(buckets(0, values.length, 240), i => values[i]!);
    expect(Math.max(...(high as number[]))).toBe(99);
    expect(Math.max(...(value as number[]))).toBe(1);
  });
});

describe('kept spectra', () => {
  it('are few, evenly spread, and include the newest one', () => {
    const kept = new KeptSpectra(16);
    for (let place = 0; place < 1001; place++) kept.add({place, densities: []});
    const places = kept.within(0, 1001, 100).map(({place}) => place);
    expect(places.length).toBeLessThanOrEqual(17);
    expect(places.at(-1)).toBe(1000);
    const distances = new Set(places.slice(1, -1).map((place, i) => place - places[i]!));
    expect(distances.size).toBe(1);
    expect(kept.within(0, 1001, 3).map(({place}) => place)).toEqual([0, expect.any(Number), 1000]);
  });
});

describe('the data sent for 100 layers and 10,000 samples', () => {
  const record = new RunRecord('long', 'long');
  const layers = Array.from({length: 100}, (_, i) => `layer_${i}`);
  const pattern = [0, 1, 2, 3].map(i => makeSample(i, {layers}));
  for (let index = 0; index < 10_000; index++) record.add({...pattern[index % 4]!, index, step: index});
  const blocks = Array.from({length: 101}, (_, place) => place);
  const bytes = (answer: unknown) => JSON.stringify(answer).length;

  it('has at most 240 moments per line for any part of the run', () => {
    const {moments, blocks: shown, heat, samples} = record.view({...all, blocks: blocks.slice(0, 8)});
    expect(samples).toBe(10_000);
    expect(moments.step).toHaveLength(240);
    expect(moments.samples.reduce((sum, n) => sum + n, 0)).toBe(10_000);
    expect(shown.map(({trace}) => trace.value.length)).toEqual(Array(8).fill(240));
    expect(heat.top.map(row => row.length)).toEqual(Array(100).fill(120));
  });

  it('is less than 0.6 MB when the page opens, and less than 3 MB with all layers', () => {
    expect(bytes(record.view({...all, blocks: blocks.slice(0, 8)}))).toBeLessThan(0.6e6);
    const {blocks: shown, ...rest} = record.view({...all, blocks});
    expect(bytes({...rest, blocks: shown.map(({gradients: _, ...block}) => block)})).toBeLessThan(3e6);
    // Statistics of the gradient, which are not sampled unless asked for, are four numbers beside five.
    expect(bytes(shown.map(({gradients}) => gradients))).toBeLessThan((4 / 5) * 3e6);
    expect(record.spectraOf({...all, blocks: blocks.slice(0, 12)}, 10)).toHaveLength(10);
  });

  it('has every sample when zoomed in far enough', () => {
    const {moments} = record.view({blocks: [0], from: 5000, to: 5099});
    expect(moments.index).toEqual(Array.from({length: 100}, (_, i) => 5000 + i));
    expect(moments.samples).toEqual(Array(100).fill(1));
  });
});

describe('a book of runs', () => {
  it('assigns penalties to the run with their steps', () => {
    const book = new RunBook();
    const penalty = (step: number) => ({step, total: step / 10, layers: {conv: step}});
    book.addPenalty(penalty(1));
    book.add(makeSample(0, {run: 'a'}));
    book.addPenalty(penalty(2));
    // The next fit counts from 1 again.
    book.addPenalty(penalty(1));
    book.addPenalty(penalty(2));
    book.add(makeSample(0, {run: 'b'}));
    const steps = (run: string) => book.run(run)!.view({...all, blocks: []}).penalty?.step;
    expect([steps('a'), steps('b')]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('gives the table of the samples, with the edge of stability', () => {
    const record = new RunRecord('r', 'r');
    const samples = [0, 1, 2].map(i => makeSample(i));
    for (const sample of samples) record.add(sample);
    const lines = [...record.table({blocks: [0, 1, 2], from: null, to: null})].join('');
    expect(lines).toBe(`${[tableHeader, ...samples.flatMap(sampleRows).map(row => tableLine(row))].join('\n')}\n`);
  });

  it('has the edge of the optimizer in use; for samples of schema 1, that of plain SGD', () => {
    const edges = (sample: HessianSample) => {
      const record = new RunRecord('r', 'r');
      record.add(sample);
      const {blocks, optimizer} = record.view({blocks: [0, 1], from: null, to: null});
      return [optimizer, ...blocks.map(({edge}) => edge.value[0])];
    };
    const sample = makeSample(1);
    const [whole, layer] = [sample.full.largest[0]!.value, sample.layers[0]!.largest[0]!.value];
    const adam = sample.stability!;
    const near = (value: number) => expect.closeTo(value, 3);
    expect(edges(sample)).toEqual(['Adam', near(adam.ratio), null]);
    const sgd = {...adam, optimizer: 'SGD', isPreconditioned: false};
    expect(edges({...sample, stability: sgd})).toEqual(['SGD', near(adam.ratio), near(layer / adam.threshold)]);
    expect(edges({...sample, stability: null})).toEqual([null, null, null]);
    const earlier = {...sample, schema: 1, stability: null} as const;
    expect(edges(earlier)).toEqual(['plain SGD', near((whole * 0.01) / 2), near((layer * 0.01) / 2)]);
  });

  it('accepts layers that were not sampled from the beginning', () => {
    const record = new RunRecord('r', 'r');
    record.add(makeSample(0, {layers: ['a']}));
    record.add(makeSample(1, {layers: ['a', 'b']}));
    record.add(makeSample(2, {layers: ['b']}));
    const {blocks} = record.view({...all, blocks: [1, 2]});
    expect(blocks.map(({top}) => top.value.map(value => value !== null))).toEqual([
      [true, true, false],
      [false, true, true],
    ]);
  });
});

describe('the log of notices', () => {
  it('returns the notices after any that it still has, and nothing for the id of another server', () => {
    const log = new NoticeLog<number>(5);
    const ids = Array.from({length: 20}, (_, i) => log.add(i).id);
    const heard = (id: string) => log.after(id)?.map(({notice}) => notice) ?? null;
    expect(heard(ids[19]!)).toEqual([]);
    expect(heard(ids[16]!)).toEqual([17, 18, 19]);
    expect(heard(ids[0]!)).toBeNull();
    expect(heard(new NoticeLog<number>().add(0).id)).toBeNull();
    expect(heard('nonsense')).toBeNull();
  });
});

describe('a sample with a number that is not finite', () => {
  const spoiled = (spoil: (sample: Spoilable) => void): HessianSample => {
    const sample = structuredClone(makeSample(30, {layers: ['a', 'b']})) as unknown as Spoilable;
    spoil(sample);
    return sample as unknown as HessianSample;
  };
  it.each([
    ['loss', (sample: Spoilable, bad: number) => (sample.loss = bad)],
    ['trace', (sample: Spoilable, bad: number) => (sample.full.trace.value = bad)],
    ['error of the trace', (sample: Spoilable, bad: number) => (sample.full.trace.standardError = bad)],
    ['largest eigenvalue', (sample: Spoilable, bad: number) => (sample.full.largest[0]!.value = bad)],
    ['smallest eigenvalue', (sample: Spoilable, bad: number) => (sample.full.smallest[0]!.value = bad)],
    ['density', (sample: Spoilable, bad: number) => (sample.full.density.nodes[0]![0] = bad)],
    ['trace of a layer', (sample: Spoilable, bad: number) => (sample.layers[1]!.trace.value = bad)],
    ['largest eigenvalue of a layer', (sample: Spoilable, bad: number) => (sample.layers[0]!.largest[0]!.value = bad)],
  ])('in its %s counts as failed, and the run goes on', (_, spoil) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const record = new RunRecord('run', 'run');
      // Enough for the rules of the findings.
      for (let i = 0; i < 30; i++) record.add(makeSample(i, {layers: ['a', 'b']}));
      record.add(spoiled(sample => spoil(sample, bad)));
      expect(record.facts).toMatchObject({samples: 31, failed: 1, due: 31, isFailing: true});
      expect(record.facts.failure!.message).toContain(String(bad));
      expect(record.view({blocks: [0, 1, 2], ...all}).moments.index).toHaveLength(31);
      expect(
        record
          .spectraOf({blocks: [0, 1, 2], ...all}, 10)
          .every(({blocks}) => blocks.every(({density}) => density.nodes.flat().every(Number.isFinite))),
      ).toBe(true);
      record.add(makeSample(31, {layers: ['a', 'b']}));
      expect(record.facts).toMatchObject({samples: 32, failed: 1, due: 32, isFailing: false});
      expect(record.view({blocks: [0], ...all}).moments.index).toHaveLength(32);
    }
  });
});

/** A sample whose numbers can be changed. */
interface Spoilable {
  loss: number;
  full: SpoilableBlock;
  layers: SpoilableBlock[];
}

interface SpoilableBlock {
  trace: {value: number; standardError: number};
  largest: {value: number}[];
  smallest: {value: number}[];
  density: {nodes: number[][]};
}
