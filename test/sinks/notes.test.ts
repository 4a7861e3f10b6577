import {appendFileSync, readFileSync, writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {filter} from 'rxjs';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {everyBatches} from '../../src/callbacks/schedules.js';
import type {PenaltyPoint} from '../../src/regularizers/penalty-stream.js';
import {PenaltyNotes} from '../../src/sinks/penalty-notes.js';
import type {FailureNote, LogsNote, RunSink, TrainingNote} from '../../src/sinks.js';
import {ndjson, readNotes, readSamples} from '../../src/sinks.js';
import type {SampleFailure} from '../../src/streams/hessian-sample.js';
import {onNote} from '../../src/streams/notes-channel.js';
import {useEngine} from '../engines.js';
import {makeSample} from './make-sample.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();
beforeAll(() => useEngine('native'));

async function all<T>(found: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const each of found) list.push(each);
  return list;
}

/** Trains a network on 32 points, four batches an epoch; with a high learning rate, its loss is soon not finite. */
async function train(curvature: HessianSpectrumCallback, learningRate: number): Promise<tfl.History> {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({
        units: 4,
        inputShape: [3],
        activation: 'relu',
        name: 'hidden',
        kernelInitializer: tfl.initializers.glorotUniform({seed: 2}),
      }),
      tfl.layers.dense({units: 1, name: 'out', kernelInitializer: tfl.initializers.glorotUniform({seed: 3})}),
    ],
  });
  const optimizer = tf.train.sgd(learningRate);
  model.compile({optimizer, loss: 'meanSquaredError', metrics: ['mae']});
  const x = tf.randomNormal([32, 3], 0, 1, 'float32', 1);
  const y = tf.sum(x, 1, true);
  const args = {epochs: 4, batchSize: 8, shuffle: false, verbose: 0} as const;
  const history = await model.fit(x, y, {...args, validationData: [x, y], callbacks: [curvature]});
  model.dispose();
  optimizer.dispose();
  tf.dispose([x, y]);
  return history;
}

describe('the record of a training', () => {
  it('has a line for each sample that failed, and readSamples leaves them out', async () => {
    const path = inFolder('run.ndjson');
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 3, probes: 1});
    const failed: SampleFailure[] = [];
    curvature.failures$.subscribe(failure => failed.push(failure));
    curvature.samples$.subscribe(ndjson(path, {failures$: curvature.failures$}));
    await train(curvature, 1e6);
    curvature.dispose();
    const samples = await all(readSamples(path));
    expect(failed.length).toBeGreaterThan(8);
    expect(samples).toHaveLength(16 - failed.length);
    const notes = (await all(readNotes(path))).filter(note => note.kind === 'failure');
    expect(notes.map(({step, epoch, batch, message}) => ({step, epoch, batch, message}))).toEqual(
      failed.map(({step, epoch, batch, error}) => ({step, epoch, batch, message: error.message})),
    );
    expect(new Set(notes.map(({run, training, of}) => [run, training, of].join()))).toEqual(
      new Set([[samples[0]!.run, samples[0]!.training, 'sample'].join()]),
    );
  });

  it('has the logs of each epoch and each sampled batch, with the learning rate, and without the callback’s own', async () => {
    const path = inFolder('run.ndjson');
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(2), steps: 3, probes: 1});
    // Also behind an operator.
    curvature.samples$.pipe(filter(() => true)).subscribe(ndjson(path));
    const {history} = await train(curvature, 0.125);
    curvature.dispose();
    const notes = (await all(readNotes(path))) as LogsNote[];
    const epochs = notes.filter(({batch}) => batch === null);
    expect(epochs.map(({epoch, step}) => [epoch, step])).toEqual([
      [0, 4],
      [1, 8],
      [2, 12],
      [3, 16],
    ]);
    for (const name of ['loss', 'mae', 'val_loss', 'val_mae']) {
      expect(epochs.map(({logs}) => logs[name])).toEqual(history[name]);
    }
    for (const {logs, learningRate} of notes) {
      expect(Object.keys(logs).filter(name => !/^(val_)?(loss|mae)$/.test(name))).toEqual([]);
      expect(learningRate).toBe(0.125);
    }
    expect(notes.flatMap(({step, batch}) => (batch === null ? [] : [step]))).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
  });

  it('keeps null for a logged loss that is not finite', async () => {
    const path = inFolder('run.ndjson');
    const curvature = new HessianSpectrumCallback({steps: 3, probes: 1});
    curvature.samples$.subscribe(ndjson(path));
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const {history} = await train(curvature, 1e6);
    warn.mockRestore();
    curvature.dispose();
    const losses = (await all(readNotes(path))).flatMap(note => (note.kind === 'logs' ? [note.logs.loss] : []));
    expect(losses).toEqual((history.loss as number[]).map(each => (Number.isFinite(each) ? each : null)));
    expect(losses).toContain(null);
  });

  it('costs no tensors, and leaves the printed failure as it is', async () => {
    const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 3, probes: 1});
    curvature.samples$.subscribe(ndjson(inFolder('run.ndjson')));
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await train(curvature, 1e6);
    const {numTensors} = tf.memory();
    await train(curvature, 1e6);
    expect(tf.memory().numTensors).toBe(numTensors);
    // Once per training.
    expect(warn.mock.calls.filter(([text]) => /subscribe to failures\$/.test(text))).toHaveLength(2);
    warn.mockRestore();
    curvature.dispose();
  });
});

describe('penalties in the record', () => {
  const point = (step: number): PenaltyPoint => ({step, total: step / 8, layers: {a: step, b: Number.NaN}});
  const stepsOf = (notes: readonly TrainingNote[]) => notes.map(({run, step}) => `${run} ${step}`);

  it('have a line each, in order, with null for what is not finite', async () => {
    const path = inFolder('run.ndjson');
    const sink = ndjson(path);
    sink.penalty.next(point(1));
    sink.next(makeSample(0));
    for (let step = 2; step <= 200; step++) sink.penalty.next(point(step));
    sink.complete();
    const notes = await all(readNotes(path));
    expect(notes).toHaveLength(200);
    expect(notes.map(({step}) => step)).toEqual(Array.from({length: 200}, (_, i) => i + 1));
    expect(notes[6]).toMatchObject({kind: 'penalty', run: 'run-1', total: 7 / 8, layers: {a: 7, b: null}});
    expect(await all(readSamples(path))).toEqual([makeSample(0)]);
  });

  it('belong to the run whose steps they continue, or to the next one', () => {
    const notes = new PenaltyNotes();
    expect(notes.add(point(1))).toEqual([]);
    expect(stepsOf(notes.follow({run: 'x'}))).toEqual(['x 1']);
    expect(stepsOf(notes.add(point(2)))).toEqual(['x 2']);
    // Another model counts from 1.
    expect(notes.add(point(1))).toEqual([]);
    expect(notes.follow({run: 'x'})).toEqual([]);
    expect(stepsOf(notes.follow({run: 'y'}))).toEqual(['y 1']);
    expect(stepsOf(notes.add(point(2)))).toEqual(['y 2']);
    // Another fit of the same training.
    expect(notes.follow({run: 'z', training: 'y'})).toEqual([]);
    expect(stepsOf(notes.add(point(3)))).toEqual(['z 3']);
  });
});

describe('the file of a run with notes', () => {
  const failure: FailureNote = {
    schema: 2,
    run: 'run-1',
    kind: 'failure',
    epoch: 0,
    batch: 3,
    step: 4,
    time: '2026-01-01T00:00:00.000Z',
    of: 'sample',
    name: 'Error',
    message: 'The loss is NaN.',
  };
  const write = (sink: RunSink & {[onNote]?(note: TrainingNote): void}) => {
    sink[onNote]!(failure);
    sink.next(makeSample(1));
    sink[onNote]!({...failure, step: 5});
    sink.complete();
  };

  it('is continued when it is cut at any byte, and no whole line is lost', async () => {
    const path = inFolder('run.ndjson');
    write(ndjson(path));
    const whole = readFileSync(path);
    for (let cut = 0; cut < whole.length; cut += 61) {
      writeFileSync(path, whole.subarray(0, cut));
      const lines = whole.subarray(0, cut).toString().split('\n').length - 1;
      expect((await all(readNotes(path))).length + (await all(readSamples(path))).length).toBe(lines);
      write(ndjson(path));
      expect((await all(readNotes(path))).length + (await all(readSamples(path))).length).toBe(lines + 3);
    }
  });

  it('may have notes of kinds that a later version writes, and names a note that is wrong', async () => {
    const path = inFolder('run.ndjson');
    write(ndjson(path));
    appendFileSync(path, `${JSON.stringify({...failure, kind: 'weather', sun: true})}\n`);
    expect(await all(readNotes(path))).toHaveLength(2);
    expect(await all(readSamples(path))).toHaveLength(1);
    write(ndjson(path));
    appendFileSync(path, `${JSON.stringify({...failure, step: -1})}\n`);
    await expect(all(readNotes(path))).rejects.toThrow(
      /line 8: It is not a note of the kind "failure": step is -1; it must be a whole number of at least 0/,
    );
  });

  it('on a full disk, reports each failed write once', () => {
    const curvature = new HessianSpectrumCallback();
    const messages: string[] = [];
    curvature.failures$.subscribe(({error}) => messages.push(error.message));
    const sink = ndjson('/dev/full', {failures$: curvature.failures$}) as RunSink & {
      [onNote]?(note: TrainingNote): void;
    };
    curvature.samples$.subscribe(sink);
    sink.next(makeSample(0));
    sink[onNote]!({...failure, kind: 'logs', logs: {loss: 1}, learningRate: null} as never);
    sink.complete();
    expect(messages).toEqual([
      expect.stringMatching(/could not write sample 0 .*ENOSPC/),
      expect.stringMatching(/could not write logs: ENOSPC/),
    ]);
    curvature.dispose();
  });
});
