import {hostname} from 'node:os';
import {join} from 'node:path';
import {custom, optional} from 'valibot';
import {check} from '../../arguments/check.js';
import {flag, isText, listOf, text} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {show} from '../../arguments/show.js';
import type {MetricName} from '../../metrics/built-in.js';
import {metricOf, metric as metricSchema} from '../../metrics/built-in.js';
import type {Metric} from '../../metrics/metric.js';
import {eigenvalueAxis} from '../../report/eigenvalue-axis.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {metricPoints} from '../../streams/metric-points.js';
import {assertInstalled} from '../peer-package.js';
import type {Fail, SampleWriter, Sink, SinkArgs} from '../sink.js';
import {makeSink, newFile, sinkArgs} from '../sink.js';
import {EventFile} from './event-file.js';
import type {SummaryValue} from './event-message.js';
import {spectrumHistogram} from './spectrum-histogram.js';

/** Options of `tensorBoard`. */
export interface TensorBoardArgs extends SinkArgs {
  /**
   * The metrics that are written as scalars. Default: trace, top, edgeOfStability, and those of the gradient if the callback takes
   * them: gradientNorm, updateRatio, gradientNoiseScale, alpha.
   */
  readonly metrics?: readonly (MetricName | Metric)[];
  /** The prefix of the tags; default 'hessian'. */
  readonly prefix?: string;
  /**
   * Whether the spectral densities of each sample are written as an image, `hessian/densities`; default false. Needs the
   * package @resvg/resvg-js and some hundredths of a second per sample.
   */
  readonly images?: boolean;
  /** The name of the event file, which must contain "tfevents"; default: a name like those of TensorFlow. */
  readonly fileName?: string;
}

/** TensorBoard has a card for each metric and layer, so there are few. */
const DEFAULT_METRICS: readonly MetricName[] = [
  ...(['trace', 'top', 'edgeOfStability'] as const),
  ...(['gradientNorm', 'updateRatio', 'gradientNoiseScale', 'alpha'] as const),
];

const tensorBoardArgs = optionsOf<TensorBoardArgs>('tensorBoard()')({
  ...sinkArgs('tensorBoard()').entries,
  metrics: optional(listOf(metricSchema, 'a list of metrics'), DEFAULT_METRICS),
  prefix: optional(text(), 'hessian'),
  images: optional(flag(), false),
  fileName: optional(
    custom<string>(
      value => isText(value) && value.includes('tfevents'),
      ({input}) =>
        `TensorBoard only reads files whose name contains "tfevents", and not ${show(input)}; choose a name such as "run.tfevents".`,
    ),
  ),
});

const folderName = text('the name of a folder');

/**
 * A sink that writes event files for TensorBoard, by optimizer step.
 *
 * TensorBoard groups cards by the first part of their tags. The network has `hessian/loss`, `hessian/trace`, `hessian/top`, …, with
 * `…StandardError` if it is known; the layers have a group for each metric: `hessian-trace/<layer>`, `hessian-top/<layer>`, …. Each
 * spectrum is a histogram, `hessian/spectrum` and `hessian-spectrum/<layer>`, with logarithmic places and heights. With
 * `images: true` all spectra are also an image.
 *
 * Each sample is visible at once. The first training is written to the folder itself, each further one to a folder below it,
 * since TensorBoard tells runs apart by their folders. All fits of one model are one training, over which steps are counted.
 *
 * @throws InvalidArgumentError if the file cannot be opened, or if `images` is set and @resvg/resvg-js is not installed.
 * @example
 * curvature.samples$.subscribe(tensorBoard('logs/run1'));
 */
export function tensorBoard(logdir: string, args?: TensorBoardArgs): Sink {
  check('The folder', folderName, logdir);
  const checked = tensorBoardArgs(args);
  return makeSink(`tensorBoard(${JSON.stringify(logdir)})`, checked, fail => {
    if (checked.images) assertInstalled('@resvg/resvg-js', 'tensorBoard() with images');
    return new EventFiles(logdir, checked, fail);
  });
}

class EventFiles implements SampleWriter {
  private readonly metrics: readonly Metric[];
  private readonly prefix: string;
  private readonly fileName: string;
  /** The module that draws, while it is loaded; `null` without images. */
  private readonly pictures: Promise<typeof import('../drawing/density-picture.js')> | null;
  private file: EventFile;
  private training: string | null = null;
  /** Below this size, the places of eigenvalues in the histograms of a training are nearly linear. */
  private linearBelow: number | null = null;
  /** Resolves when the images of all samples so far are written. */
  private drawn: Promise<void> = Promise.resolve();

  constructor(
    private readonly logdir: string,
    {metrics, prefix, images, fileName = eventFileName()}: ReturnType<typeof tensorBoardArgs>,
    private readonly fail: Fail,
  ) {
    this.metrics = metrics.map(metricOf);
    this.prefix = prefix;
    this.fileName = fileName;
    this.pictures = images ? import('../drawing/density-picture.js') : null;
    this.file = this.open(logdir);
  }

  write(sample: HessianSample): void {
    const {training = sample.run} = sample;
    if (this.training !== null && this.training !== training) {
      const next = this.open(join(this.logdir, folderOf(training)));
      void this.closeFile();
      this.file = next;
      this.linearBelow = null;
    }
    this.training = training;
    this.append(this.file, sample, [...this.scalars(sample), ...this.spectra(sample)]);
    if (this.pictures !== null) this.draw(this.file, sample, this.pictures);
  }

  close(): void | Promise<void> {
    return this.closeFile();
  }

  private open(folder: string): EventFile {
    return new EventFile(folder, this.fileName, () => this.fail(...newFile));
  }

  private append(file: EventFile, {time, step}: HessianSample, value: readonly SummaryValue[]): void {
    file.append({wallTime: Date.parse(time) / 1000, step, summary: {value}});
  }

  /** Adds the image of a sample after the images of earlier samples. */
  private draw(file: EventFile, sample: HessianSample, pictures: NonNullable<EventFiles['pictures']>): void {
    this.drawn = this.drawn
      .then(async () => {
        const {densityPicture} = await pictures;
        this.append(file, sample, [{tag: this.tag(null, 'densities'), image: densityPicture(sample)}]);
      })
      .catch(error => this.fail(error));
  }

  private closeFile(): void | Promise<void> {
    const {file} = this;
    if (this.pictures === null) file.close();
    else {
      this.drawn = this.drawn.then(() => file.close());
      return this.drawn;
    }
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
          ...(standardError === undefined || layer !== null
            ? []
            : [{tag: this.tag(layer, `${metric}StandardError`), simpleValue: standardError}]),
        ]),
    ];
  }

  private spectra({full, layers}: HessianSample): SummaryValue[] {
    this.linearBelow ??= eigenvalueAxis([full, ...layers]).linearBelow;
    const {linearBelow} = this;
    return [{name: null, block: full}, ...layers.map(layer => ({name: layer.name, block: layer}))].map(
      ({name, block}) => ({tag: this.tag(name, 'spectrum'), histo: spectrumHistogram(block, linearBelow)}),
    );
  }

  /** A layer's tag is in the group of its metric. */
  private tag(layer: string | null, name: string): string {
    return layer === null ? `${this.prefix}/${name}` : `${this.prefix}-${name}/${layer}`;
  }
}

let files = 0;

/** A file name like those of TensorFlow. TensorBoard reads the files of a folder in the order of their names. */
function eventFileName(): string {
  const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0');
  return `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${files++}.hessian`;
}

/** The name of a run as the name of a folder, without characters that paths or Windows treat specially. */
function folderOf(run: string): string {
  return run.replaceAll(/[^\w.-]/g, '-').replace(/^\.+/, '') || 'run';
}
