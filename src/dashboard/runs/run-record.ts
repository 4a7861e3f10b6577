import type {Finding} from '../../advice/finding.js';
import {TrainingHistory} from '../../advice/training-history.js';
import {tableHeader, tableLine} from '../../sinks/sample-table.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import type {SampleRow} from '../../streams/to-rows.js';
import {gradientColumnNames, sampleRows, spectrumColumnNames, stabilityColumnNames} from '../../streams/to-rows.js';
import type {TrainingNote} from '../../streams/training-note.js';
import type {
  Ask,
  BlockFacts,
  BlockView,
  GradientBands,
  HeatView,
  RunFacts,
  RunView,
  SpectraMoment,
} from '../answers.js';
import type {Bucket} from './buckets.js';
import {bandOf, buckets, rounded} from './buckets.js';
import {FailureRecord} from './failure-record.js';
import {KeptSpectra} from './kept-spectra.js';
import {LogsRecord} from './logs-record.js';
import {NumberColumn} from './number-column.js';
import {PenaltyRecord} from './penalty-record.js';
import {edgesOf, notFiniteOf} from './sample-numbers.js';

/** The number of moments that a wide screen can show. */
const MOMENTS = 240;
const HEAT_MOMENTS = 120;

const sampleColumns = [
  ...(['index', 'epoch', 'batch', 'step', 'loss', 'batchSize', 'learningRate'] as const),
  ...(['totalEpoch', 'fit', 'fitStep'] as const),
];

type Columns<Name extends string> = Readonly<Record<Name, NumberColumn>>;

/** The columns of a block, and the metric edgeOfStability. */
const blockColumns = [...spectrumColumnNames, ...gradientColumnNames, 'edge'] as const;

interface Block extends BlockFacts {
  readonly columns: Columns<(typeof blockColumns)[number]>;
}

interface Origin {
  readonly run: string;
  readonly training: string | null;
  readonly optimizer: string | null;
}

/** All numbers of one run, and its spectra at some moments. Makes the views that the page shows. */
export class RunRecord {
  hasEnded = false;
  private readonly penalty = new PenaltyRecord();
  private readonly logs = new LogsRecord();
  private readonly failures = new FailureRecord();
  private isFailing = false;
  private newest: RunFacts['newest'] = null;
  /** The number of samples that are not finite. */
  private notFinite = 0;
  private noStability: string | null = null;
  private readonly columns = columnsOf(sampleColumns, true);
  /** Of the network. */
  private readonly stability = columnsOf(stabilityColumnNames);
  private readonly times: string[] = [];
  /** The run, the training and the optimizer of each sample. */
  private readonly origins: Origin[] = [];
  private hasSchema1 = false;
  private readonly blocks: Block[] = [];
  private readonly places = new Map<string | null, number>();
  private readonly spectra = new KeptSpectra();
  private readonly history = new TrainingHistory();
  private judged: {readonly of: string; readonly findings: Finding[]} | null = null;

  constructor(
    readonly key: string,
    readonly label: string,
  ) {}

  get facts(): RunFacts {
    const {key, label, hasEnded, isFailing, failures} = this;
    const {newest: last, samples: failed} = failures;
    const due = this.times.length + failed - this.notFinite;
    const failure = last && {step: last.step, time: last.time, message: last.message};
    return {key, label, samples: this.times.length, failed, due, failure, isFailing, hasEnded, newest: this.newest};
  }

  add(sample: HessianSample): void {
    const rows = sampleRows(sample);
    const place = this.times.length;
    this.times.push(sample.time);
    this.addOrigin(sample);
    for (const name of sampleColumns) this.columns[name].push(sample[name]);
    for (const name of stabilityColumnNames) this.stability[name].push(rows[0]![name]);
    const {edges, refusal} = edgesOf(sample);
    const notFinite = notFiniteOf(sample) || refusal;
    for (const row of rows) {
      const {columns} = this.blockOf(row);
      for (const name of blockColumns) {
        // The layer was not sampled before.
        while (columns[name].length < place) columns[name].push(null);
        columns[name].push(name === 'edge' ? (edges.get(row.layer) ?? null) : row[name]);
      }
    }
    const sampled = new Map([[null, sample.full], ...sample.layers.map(layer => [layer.name, layer] as const)]);
    const densities = this.blocks.map(({layer}) => sampled.get(layer as null)?.density ?? null);
    // What is not finite has no picture, and says nothing but that.
    if (refusal === '') {
      this.spectra.add({place, densities});
      this.history.add(sample);
    }
    const {milliseconds, shareOfTraining: share} = sample.cost;
    this.newest = {time: sample.time, milliseconds, share};
    this.isFailing = notFinite !== '';
    if (this.isFailing) {
      this.notFinite++;
      const message = `The sample is not finite: ${notFinite}`;
      this.failures.add({step: sample.step, epoch: sample.epoch, time: sample.time, message, isSample: true});
    }
  }

  addNote(note: TrainingNote): void {
    if (note.kind === 'penalty') this.penalty.add(note);
    else if (note.kind === 'logs') this.logs.add(note);
    else {
      const {step, epoch, time, name, message} = note;
      const isSample = note.of === 'sample';
      this.failures.add({step, epoch, time, message: `${name}: ${message}`, isSample});
      this.isFailing ||= isSample;
    }
  }

  private addOrigin(sample: HessianSample): void {
    const {schema, run, training = null, stability} = sample;
    const optimizer = stability?.optimizer ?? null;
    const last = this.origins.at(-1);
    const isSame = last?.run === run && last.training === training && last.optimizer === optimizer;
    this.origins.push(isSame ? last : {run, training, optimizer});
    this.hasSchema1 ||= schema === 1;
    this.noStability = stability === null ? (sample.noStability ?? null) : null;
  }

  view({blocks, from, to}: Omit<Ask, 'run'>): RunView {
    const {start, end} = this.range(from, to);
    const parts = buckets(start, end, MOMENTS);
    const last = (column: NumberColumn) => parts.map(part => rounded(column.at(part.end - 1)));
    const exact = (column: NumberColumn) => parts.map(part => column.at(part.end - 1));
    const {index, step, epoch, batch, loss, learningRate} = this.columns;
    return {
      ...this.facts,
      all: this.blocks.map(({layer, className, parameters}) => ({layer, className, parameters})),
      moments: {
        index: exact(index),
        step: exact(step),
        epoch: exact(epoch),
        batch: exact(batch).map(each => (Number.isNaN(each) ? null : each)),
        time: parts.map(part => this.times[part.end - 1]!),
        loss: last(loss),
        learningRate: last(learningRate),
        samples: parts.map(part => part.end - part.start),
      },
      blocks: blocks.filter(place => place in this.blocks).map(place => this.blockView(place, parts)),
      heat: this.heat(buckets(start, end, HEAT_MOMENTS)),
      penalty: this.penalty.view(from, to, MOMENTS),
      logs: this.logs.view(from, to, MOMENTS),
      failures: this.failures.view(from, to),
      began: this.times[0] ?? null,
      findings: this.findings(),
      noStability: this.noStability,
      optimizer: this.hasSchema1 ? 'plain SGD' : (this.origins.findLast(({optimizer}) => optimizer)?.optimizer ?? null),
    };
  }

  /** The findings on the whole run, made again when there is something new. */
  private findings(): readonly Finding[] {
    const penalized = !this.penalty.isEmpty;
    const failures = this.failures.samples - this.notFinite;
    const {validationLoss} = this.logs;
    const of = [this.history.count, penalized, failures, validationLoss.length].join();
    if (this.judged?.of !== of) {
      const context = {penalized, failures, ...(validationLoss.length > 0 && {validationLoss})};
      this.judged = {of, findings: this.history.findings(context)};
    }
    return this.judged.findings;
  }

  /** The spectra at some moments of a part of the run. */
  spectraOf({blocks, from, to}: Omit<Ask, 'run'>, most: number): SpectraMoment[] {
    const {start, end} = this.range(from, to);
    return this.spectra.within(start, end, most).map(({place, densities}) => ({
      index: this.columns.index.at(place),
      step: this.columns.step.at(place),
      epoch: this.columns.epoch.at(place),
      blocks: blocks.flatMap(at => {
        const density = densities[at];
        const block = this.blocks[at];
        if (!density || !block) return [];
        const top = block.columns.top.at(place);
        return [{place: at, parameters: block.parameters, top: Number.isNaN(top) ? null : top, density}];
      }),
    }));
  }

  /** All numbers of a part of the run as lines of CSV, with the columns of `toRows()`. */
  *table({blocks, from, to}: Omit<Ask, 'run'>): Generator<string, void> {
    yield `${tableHeader}\n`;
    const {start, end} = this.range(from, to);
    for (let place = start; place < end; place++) {
      const rows = blocks.filter(at => at in this.blocks).map(at => this.row(this.blocks[at]!, place));
      yield rows.map(row => `${tableLine(row)}\n`).join('');
    }
  }

  private blockOf({layer, className, parameters}: SampleRow): Block {
    const known = this.places.get(layer);
    if (known !== undefined) return this.blocks[known]!;
    const block = {layer, className, parameters, columns: columnsOf(blockColumns)};
    this.places.set(layer, this.blocks.length);
    this.blocks.push(block);
    return block;
  }

  private range(from: number | null, to: number | null): Bucket {
    const {step} = this.columns;
    const start = from === null ? 0 : step.firstAtLeast(from);
    return {start, end: to === null ? step.length : Math.max(start, step.firstAtLeast(to + 0.5))};
  }

  private blockView(place: number, parts: readonly Bucket[]): BlockView {
    const {layer, className, parameters, columns} = this.blocks[place]!;
    const band = (value: NumberColumn, error?: NumberColumn) =>
      bandOf(
        parts,
        at => value.at(at),
        at => error?.at(at) ?? 0,
      );
    const gradients = {
      norm: band(columns.gradientNorm),
      updateRatio: band(columns.updateRatio),
      noiseScale: band(columns.gradientNoiseScale),
      alpha: band(columns.alpha),
    };
    return {
      place,
      layer,
      className,
      parameters,
      trace: band(columns.trace, columns.traceStandardError),
      top: band(columns.top, columns.topResidual),
      bottom: band(columns.bottom, columns.bottomResidual),
      similarity: band(columns.wasserstein),
      edge: band(columns.edge),
      gradients: hasNumbers(gradients) ? gradients : null,
    };
  }

  private heat(parts: readonly Bucket[]): HeatView {
    const layers = this.blocks.filter(({layer}) => layer !== null);
    const rows = (column: 'top' | 'trace' | 'wasserstein') =>
      layers.map(({columns}) => parts.map(part => rounded(columns[column].at(part.end - 1))));
    return {
      step: parts.map(part => this.columns.step.at(part.end - 1)),
      top: rows('top'),
      trace: rows('trace'),
      similarity: rows('wasserstein'),
    };
  }

  private row({layer, className, parameters, columns: {edge: _, ...columns}}: Block, place: number): SampleRow {
    const numbers = <Name extends string>(all: Columns<Name>) =>
      Object.fromEntries(
        (Object.entries(all) as [Name, NumberColumn][]).map(([name, column]) => {
          const value = column.at(place);
          return [name, Number.isNaN(value) ? null : value];
        }),
      ) as Record<Name, number | null>;
    const nothing = Object.fromEntries(stabilityColumnNames.map(name => [name, null]));
    const {optimizer, ...origin} = this.origins[place]!;
    return {
      ...origin,
      time: this.times[place]!,
      layer,
      className,
      parameters,
      ...numbers(this.columns),
      ...numbers(columns),
      optimizer: layer === null ? optimizer : null,
      ...(layer === null ? numbers(this.stability) : nothing),
    } as SampleRow;
  }
}

function hasNumbers({norm, updateRatio, noiseScale, alpha}: GradientBands): boolean {
  return [norm, updateRatio, noiseScale, alpha].some(({low}) => low.some(value => value !== null));
}

function columnsOf<Name extends string>(names: readonly Name[], areExact = false): Columns<Name> {
  return Object.fromEntries(names.map(name => [name, new NumberColumn(areExact)])) as Record<Name, NumberColumn>;
}
