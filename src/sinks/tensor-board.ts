import {hostname} from 'node:os';
import {join} from 'node:path';
import {InvalidArgumentError} from '../errors.js';
import type {MetricName} from '../metrics/built-in.js';
import {metricOf} from '../metrics/built-in.js';
import type {Metric} from '../metrics/metric.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import {metricPoints} from '../streams/metric-points.js';
import {EventFile} from './event-file.js';
import type {SummaryValue} from './event-message.js';
import {eventEncoder} from './event-message.js';
import {assertInstalled} from './peer-package.js';
import type {SampleWriter, Sink, SinkArgs} from './sink.js';
import {makeSink} from './sink.js';
import {spectrumHistogram} from './spectrum-histogram.js';

/** Options of `tensorBoard`. */
export interface TensorBoardArgs extends SinkArgs {
  /**
   * Which metrics become scalars. Default: trace, top, bottom, frobenius, negativeMass, spectralNormRatio, effectiveRank,
   * similarity, traceShare, edgeOfStability.
   */
  readonly metrics?: readonly (MetricName | Metric)[];
  /** What the tags begin with; default 'hessian'. */
  readonly prefix?: string;
  /** The event file's name, which must contain "tfevents"; default: one as TensorFlow gives. */
  readonly fileName?: string;
}

const DEFAULT_METRICS: readonly MetricName[] = [
  'trace',
  'top',
  'bottom',
  'frobenius',
  'negativeMass',
  'spectralNormRatio',
  'effectiveRank',
  'similarity',
  'traceShare',
  'edgeOfStability',
];

/**
 * Writes what TensorBoard shows: scalars `hessian/trace`, `hessian/<layer>/trace`, …, with `…StandardError` where it is
 * known, `hessian/loss`, and each spectrum as a histogram, `hessian/<layer>/spectrum`, by optimizer step.
 *
 * Each sample can be seen at once. The first run goes into the folder itself, each further one into a folder
 * below it, as TensorBoard tells runs by their folders.
 *
 * @throws InvalidArgumentError where the file cannot be opened, or the package protobufjs is not installed.
 * @example
 * curvature.samples$.subscribe(tensorBoard('logs/run1'));
 */
export function tensorBoard(logdir: string, args: TensorBoardArgs = {}): Sink {
  return makeSink(`tensorBoard(${JSON.stringify(logdir)})`, args, () => {
    assertInstalled('protobufjs', 'tensorBoard()');
    return new EventFiles(logdir, args);
  });
}

class EventFiles implements SampleWriter {
  private readonly encode = eventEncoder();
  private readonly metrics: readonly Metric[];
  private readonly prefix: string;
  private readonly fileName: string;
  private file: EventFile;
  private run: string | null = null;

  constructor(
    private readonly logdir: string,
    {metrics = DEFAULT_METRICS, prefix = 'hessian', fileName = eventFileName()}: TensorBoardArgs,
  ) {
    this.metrics = metrics.map(metricOf);
    this.prefix = prefix;
    if (!fileName.includes('tfevents')) {
      throw new InvalidArgumentError(
        `TensorBoard reads files whose name contains "tfevents" only, and not "${fileName}"; name it "run.tfevents", say.`,
      );
    }
    this.fileName = fileName;
    this.file = new EventFile(logdir, fileName, this.encode);
  }

  write(sample: HessianSample): void {
    if (this.run !== null && this.run !== sample.run) {
      const next = new EventFile(join(this.logdir, folderOf(sample.run)), this.fileName, this.encode);
      this.file.close();
      this.file = next;
    }
    this.run = sample.run;
    const value = [...this.scalars(sample), ...this.spectra(sample)];
    this.file.append({wallTime: Date.parse(sample.time) / 1000, step: sample.step, summary: {value}});
  }

  close(): void {
    this.file.close();
  }

  private scalars(sample: HessianSample): SummaryValue[] {
    const {loss, learningRate} = sample;
    return [
      {tag: this.tag(null, 'loss'), simpleValue: loss},
      ...(learningRate === null ? [] : [{tag: this.tag(null, 'learningRate'), simpleValue: learningRate}]),
      ...this.metrics
        .flatMap(metric => metricPoints(sample, metric))
        .flatMap(({metric, layer, value, standardError}) => [
          {tag: this.tag(layer, metric), simpleValue: value},
          ...(standardError === undefined
            ? []
            : [{tag: this.tag(layer, `${metric}StandardError`), simpleValue: standardError}]),
        ]),
    ];
  }

  private spectra({full, layers}: HessianSample): SummaryValue[] {
    return [
      {tag: this.tag(null, 'spectrum'), histo: spectrumHistogram(full)},
      ...layers.map(layer => ({tag: this.tag(layer.name, 'spectrum'), histo: spectrumHistogram(layer)})),
    ];
  }

  private tag(layer: string | null, name: string): string {
    return [this.prefix, ...(layer === null ? [] : [layer]), name].join('/');
  }
}

let files = 0;

/** As TensorFlow names them: TensorBoard reads a folder's files in the order of their names. */
function eventFileName(): string {
  const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0');
  return `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${files++}.hessian`;
}

/** A run's name as a folder's: without what a path or Windows reads otherwise. */
function folderOf(run: string): string {
  return run.replaceAll(/[^\w.-]/g, '-').replace(/^\.+/, '') || 'run';
}
