import {readdirSync, readFileSync, rmSync, truncateSync} from 'node:fs';
import {from} from 'rxjs';
import {describe, expect, it} from 'vitest';
import {builtInMetrics} from '../../../src/metrics/built-in.js';
import {crc32c} from '../../../src/sinks/tensorboard/crc32c.js';
import {spectrumHistogram} from '../../../src/sinks/tensorboard/spectrum-histogram.js';
import {tensorBoard} from '../../../src/sinks/tensorboard/tensor-board.js';
import {metricPoints} from '../../../src/streams/metric-points.js';
import {needsPythonReaders, runPython} from '../../python-readers.js';
import {failureMessages} from '../failure-messages.js';
import {HOSTILE, makeSample} from '../make-sample.js';
import {useFolder} from '../use-folder.js';

const inFolder = useFolder();
const readers = await needsPythonReaders();
const samples = [0, 1, 2].map(index => makeSample(index));

interface Found {
  readonly scalars: Record<string, [step: number, wallTime: number, value: number][]>;
  readonly histograms: Record<
    string,
    {
      step: number;
      min: number;
      max: number;
      num: number;
      sum: number;
      squares: number;
      limits: number[];
      counts: number[];
    }[]
  >;
}

/** Reads event files with TensorBoard's reader. */
function accumulate(folder: string): Found {
  return runPython(
    `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'histograms': 0}).Reload()
tags = events.Tags()
print(json.dumps({
  'scalars': {tag: [[e.step, e.wall_time, e.value] for e in events.Scalars(tag)] for tag in tags['scalars']},
  'histograms': {tag: [{
    'step': e.step, 'min': h.min, 'max': h.max, 'num': h.num, 'sum': h.sum, 'squares': h.sum_squares,
    'limits': list(h.bucket_limit), 'counts': list(h.bucket),
  } for e in events.Histograms(tag) for h in [e.histogram_value]] for tag in tags['histograms']},
}))`,
    folder,
  ) as Found;
}

describe('crc32c', () => {
  it.each([
    // RFC 3720, B.4, and the algorithm's check value.
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from('123456789'), 0xe3069283],
  ])('equals the published value', (data, expected) => {
    expect(crc32c(data)).toBe(expected);
  });
});

describe('read by TensorBoard, tensorBoard()', readers, () => {
  it('has every scalar of every block with its tag, step and time', () => {
    from(samples).subscribe(tensorBoard(inFolder('logs')));
    const {scalars} = accumulate(inFolder('logs'));
    const ofGradient = ['gradientNorm', 'updateRatio', 'gradientNoiseScale', 'alpha'] as const;
    const names = ['trace', 'top', 'edgeOfStability', ...ofGradient] as const;
    const expected = new Map<string, [number, number, number][]>();
    for (const sample of samples) {
      const add = (tag: string, value: number) => {
        const at: [number, number, number] = [sample.step, Date.parse(sample.time) / 1000, Math.fround(value)];
        expected.set(tag, [...(expected.get(tag) ?? []), at]);
      };
      add('hessian/loss', sample.loss);
      if (sample.learningRate !== null) add('hessian/learningRate', sample.learningRate);
      for (const name of names) {
        for (const {layer, value, standardError} of metricPoints(sample, builtInMetrics[name])) {
          const tag = layer === null ? `hessian/${name}` : `hessian-${name}/${layer}`;
          add(tag, value);
          if (standardError !== undefined && layer === null) add(`${tag}StandardError`, standardError);
        }
      }
    }
    expect(scalars).toEqual(Object.fromEntries(expected));
    expect(scalars[`hessian-top/${HOSTILE}`]).toHaveLength(3);
  });

  it('has few cards, in a group for the network and one for each metric of the layers', () => {
    const layers = Array.from({length: 20}, (_, i) => `layer_${i}`);
    const {gradients: _, ...sample} = makeSample(1, {layers});
    from([sample]).subscribe(tensorBoard(inFolder('logs')));
    const {scalars} = accumulate(inFolder('logs'));
    const groups = [...new Set(Object.keys(scalars).map(tag => tag.split('/')[0]))];
    expect(groups).toEqual(['hessian', 'hessian-trace', 'hessian-top']);
    expect(Object.keys(scalars).filter(tag => tag.startsWith('hessian/'))).toEqual([
      'hessian/loss',
      'hessian/learningRate',
      'hessian/trace',
      'hessian/traceStandardError',
      'hessian/top',
      'hessian/edgeOfStability',
    ]);
  });

  it('has the spectrum of each block as a histogram with logarithmic places and heights', () => {
    from(samples).subscribe(tensorBoard(inFolder('logs')));
    const {histograms} = accumulate(inFolder('logs'));
    expect(Object.keys(histograms)).toEqual([
      'hessian/spectrum',
      'hessian-spectrum/conv',
      `hessian-spectrum/${HOSTILE}`,
    ]);
    samples.forEach((sample, i) => {
      const {min, max, num, sum, sumSquares, bucketLimit, bucket} = spectrumHistogram(sample.full, 0.01);
      expect(histograms['hessian/spectrum']![i]).toEqual({
        ...{step: sample.step, min, max, num, sum, squares: sumSquares},
        ...{limits: bucketLimit, counts: bucket},
      });
    });
  });

  it('has a folder per run', () => {
    const later = [3, 4].map(index => makeSample(index, {run: '../run 2: <b>'}));
    from([...samples, ...later]).subscribe(tensorBoard(inFolder('logs')));
    expect(accumulate(inFolder('logs')).scalars['hessian/trace']).toHaveLength(3);
    const [folder] = readdirSync(inFolder('logs'), {withFileTypes: true}).filter(entry => entry.isDirectory());
    expect(folder!.name).toBe('-run-2---b-');
    expect(accumulate(inFolder(`logs/${folder!.name}`)).scalars['hessian/trace']!.map(([step]) => step)).toEqual([
      40, 50,
    ]);
  });

  it('can be read while it is written, and when torn anywhere', () => {
    const sink = tensorBoard(inFolder('logs'), {fileName: 'run.tfevents', metrics: ['trace'], prefix: 'curvature'});
    for (const [i, sample] of samples.entries()) {
      sink.next(sample);
      expect(accumulate(inFolder('logs')).scalars['curvature/trace']).toHaveLength(i + 1);
    }
    sink.complete();
    truncateSync(inFolder('logs/run.tfevents'), readFileSync(inFolder('logs/run.tfevents')).length - 100);
    expect(accumulate(inFolder('logs')).scalars['curvature/trace']).toHaveLength(2);
  });
});

describe('an event file with images', readers, () => {
  it('has an image per sample, with its step and in the folder of its run', async () => {
    const later = [3, 4].map(index => makeSample(index, {run: 'later'}));
    const sink = tensorBoard(inFolder('logs'), {images: true, prefix: 'curvature'});
    from([...samples, ...later]).subscribe(sink);
    await sink.closed;
    const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
print(json.dumps([[[image.step, image.width, image.height, image.encoded_image_string[1:4].decode()]
  for image in EventAccumulator(folder, size_guidance={'images': 0}).Reload().Images('curvature/densities')]
  for folder in sys.argv[1:]]))`;
    const [first, second] = runPython(script, inFolder('logs'), inFolder('logs/later')) as [
      number,
      number,
      number,
      string,
    ][][];
    expect(first!.map(([step]) => step)).toEqual([10, 20, 30]);
    expect(second!.map(([step]) => step)).toEqual([40, 50]);
    for (const [, width, height, kind] of [...first!, ...second!]) {
      expect({width, kind}).toEqual({width: 752, kind: 'PNG'});
      expect(height).toBeGreaterThan(200);
    }
  });
});

describe('tensorBoard', () => {
  it('throws at once for an impossible folder, an unknown metric, or a file name that TensorBoard ignores', () => {
    from(samples).subscribe(tensorBoard(inFolder('logs'), {fileName: 'a.tfevents'}));
    expect(() => tensorBoard(inFolder('logs/a.tfevents'))).toThrow(/cannot be written to/);
    expect(() => tensorBoard(inFolder('logs'), {metrics: ['tarce' as never]})).toThrow(/"tarce" is no metric/);
    expect(() => tensorBoard(inFolder('logs'), {fileName: 'run.log'})).toThrow(
      /contains "tfevents", and not "run\.log"/,
    );
    expect(() => tensorBoard('')).toThrow(/The folder is ""/);
  });

  it('counts all parameters of the zero operator in one bucket', () => {
    const zero = {...samples[0]!.full, density: {nodes: [[0], [0]], weights: [[1], [1]]}};
    const height = Math.log10(101);
    expect(spectrumHistogram(zero, 1)).toEqual({
      ...{min: 0, max: 0, num: height, sum: 0, sumSquares: 0},
      ...{bucketLimit: [0], bucket: [height]},
    });
  });

  it('shows a few large eigenvalues beside very many small ones', () => {
    // 10 of a million eigenvalues are outliers; TensorBoard draws heights in proportion.
    const density = {nodes: [[1e-4, 2e-3, 0.05, 30]], weights: [[0.6, 0.3, 0.1 - 1e-5, 1e-5]]};
    const {bucket} = spectrumHistogram({...samples[0]!.full, parameters: 1e6, density}, 0.1);
    const heights = bucket.filter(height => height > 0);
    expect(heights).toHaveLength(3);
    expect(Math.min(...heights) / Math.max(...heights)).toBeGreaterThan(0.15);
    const counts = bucket.map(height => 10 ** height - 1);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeCloseTo(1e6, 3);
  });

  it('makes its folder and file anew if they are removed while they are written, and says so', () => {
    const {failures$, messages} = failureMessages();
    const sink = tensorBoard(inFolder('logs'), {failures$});
    sink.next(samples[0]!);
    rmSync(inFolder('logs'), {recursive: true});
    for (const sample of samples.slice(1)) sink.next(sample);
    sink.complete();
    const [name] = readdirSync(inFolder('logs'));
    const bytes = readFileSync(inFolder(`logs/${name}`)).toString('latin1');
    expect(bytes).toContain('brain.Event:2');
    expect(bytes.split('hessian/loss')).toHaveLength(samples.length);
    expect(messages).toEqual([expect.stringMatching(/writes to a new file: the former one was removed or replaced/)]);
  });

  it('reports a further run that cannot be opened, and continues with the next sample', () => {
    const {failures$, messages} = failureMessages();
    const sink = tensorBoard(inFolder('logs'), {failures$, fileName: 'a.tfevents'});
    sink.next(samples[0]!);
    // The folder of this run would have the name of the event file.
    sink.next(makeSample(1, {run: 'a.tfevents'}));
    const before = readFileSync(inFolder('logs/a.tfevents')).length;
    sink.next(samples[1]!);
    sink.complete();
    expect(messages).toEqual([
      expect.stringMatching(/could not write sample 1 of run a\.tfevents: .*cannot be written to/),
    ]);
    expect(readFileSync(inFolder('logs/a.tfevents')).length).toBeGreaterThan(before);
  });
});
