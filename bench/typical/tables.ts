import type {Machine} from '../harness/machine.js';
import {table} from '../report/markdown.js';
import type {NetworkName} from './networks.js';
import {networks} from './networks.js';
import type {
  BlockValues,
  LayerValues,
  Moment,
  MomentValues,
  SettingValues,
  TrainingValues,
  TypicalRecords,
  ValuesRecord,
} from './record.js';
import {moments, optimizers} from './record.js';

/** The tables of docs/reading-the-numbers.md by name. Ranges go from the smallest to the largest value of the trainings. */
export const tables: Readonly<Record<string, (records: TypicalRecords) => string>> = {
  conditions: ({values}) => conditions(values),
  mlp: ({values}) => course(values, 'mlp'),
  cnn: ({values}) => course(values, 'cnn'),
  lstm: ({values}) => course(values, 'lstm'),
  transformer: ({values}) => course(values, 'transformer'),
  layers: ({values}) => layers(values),
  directions: ({values}) => directions(values),
  batches,
  settings,
  costs,
};

function conditions(record: ValuesRecord): string {
  const {images, epochs, batchSize, sampled, learningRates, steps, probes, traceProbes, trainings, machine} = record;
  const seeds = new Set(trainings.map(({seed}) => seed)).size;
  const rates = optimizers.map(name => `${name} ${learningRates[name]}`).join(', ');
  return (
    `Trainings on ${images.toLocaleString('en')} images for ${epochs} epochs, in batches of ${batchSize}; learning rates: ${rates}. ` +
    `The curvature is that of the mean cross entropy of ${sampled} training images, the same ones at each moment, with the callback's defaults ` +
    `(${steps} steps, ${probes} probes, ${traceProbes} trace probes). Each range is over MNIST and Fashion-MNIST and ${seeds} seeds. ${where(machine, record.date)}.`
  );
}

function where(machine: Machine, date: string): string {
  return `${machine.processor}, ${machine.cores} cores, ${machine.engine}; ${date.slice(0, 10)}`;
}

/** The rows of a network's table. */
const ROWS: readonly (readonly [what: string, of: (values: MomentValues) => number | null])[] = [
  ['loss', ({loss}) => loss],
  ['trace', ({trace}) => trace],
  ['top eigenvalue', ({top}) => top],
  ['top / trace', ({ratio}) => ratio],
  ['lowest eigenvalue / top', ({bottom, top}) => bottom / top],
  ['effective rank', ({effectiveRank}) => effectiveRank],
  ['outliers', ({outliers}) => outliers],
  ['stability ratio', ({stability}) => stability],
];

/** A network during the trainings. */
function course({trainings}: ValuesRecord, name: NetworkName): string {
  const own = trainings.filter(({network}) => network === name);
  const [start, ...later] = moments;
  const columns = [
    {head: 'start', values: own.map(training => training.moments.find(({moment}) => moment === start)!)},
    ...optimizers.flatMap(optimizer =>
      later.map(moment => ({
        head: `${optimizer}: ${moment}`,
        values: own
          .filter(training => training.optimizer === optimizer)
          .map(training => training.moments.find(each => each.moment === moment)!),
      })),
    ),
  ];
  const rows = ROWS.map(([what, of]) => [what, ...columns.map(({values}) => range(values.map(of)))]);
  const shares = columns.map(({values}) => percentRange(values.map(({negativeMass}) => negativeMass)));
  const distances = columns.map(({values}) =>
    range(values.flatMap(({layers}) => layers.map(({similarity}) => similarity))),
  );
  const parameters = own[0]!.parameters.toLocaleString('en');
  const accuracies = percentRange(own.map(({testAccuracy}) => testAccuracy));
  return [
    `**${networks[name].title}**, ${parameters} parameters; ${own.length} trainings; test accuracy at the end ${accuracies}`,
    table(
      ['', ...columns.map(({head}) => head)],
      [...rows, ['below zero', ...shares], ['layers’ distance', ...distances]],
    ),
  ].join('\n\n');
}

/** The layers at the end of the trainings. */
function layers({trainings}: ValuesRecord): string {
  const rows = (Object.keys(networks) as NetworkName[]).flatMap(name => {
    const ends = trainings.filter(({network}) => network === name).map(training => training.moments.at(-1)!);
    return ends[0]!.layers.map(({name: layer, parameters}, i) => {
      const of = (value: (layer: LayerValues, network: BlockValues) => number) =>
        ends.map(end => value(end.layers[i]!, end));
      return [
        i === 0 ? networks[name].title : '',
        layer,
        parameters.toLocaleString('en'),
        percentRange(of(({traceShare}) => traceShare)),
        range(of((values, network) => values.top / network.top)),
        range(of(({similarity}) => similarity)),
      ];
    });
  });
  return table(['', 'layer', 'parameters', 'share of the trace', 'top / network’s top', 'distance'], rows);
}

/** In how many trainings a number is larger than before. */
function directions({trainings}: ValuesRecord): string {
  const rows = (Object.keys(networks) as NetworkName[]).flatMap(name =>
    optimizers.map(optimizer => {
      const own = trainings.filter(each => each.network === name && each.optimizer === optimizer);
      const at = (training: TrainingValues, moment: Moment) => training.moments.find(each => each.moment === moment)!;
      const count = (number: 'trace' | 'top', before: Moment, after: Moment) => {
        const higher = own.filter(training => at(training, after)[number] > at(training, before)[number]);
        return `${higher.length} of ${own.length}`;
      };
      return [
        `${networks[name].title}, ${optimizer}`,
        count('trace', 'start', 'epoch 1'),
        count('trace', 'epoch 1', 'end'),
        count('top', 'start', 'epoch 1'),
        count('top', 'epoch 1', 'end'),
      ];
    }),
  );
  const heads = [
    'trainings in which …',
    'the trace is higher after an epoch than at the start',
    'higher at the end than after an epoch',
    'the top eigenvalue is higher after an epoch than at the start',
    'higher at the end than after an epoch',
  ];
  return table(heads, rows);
}

function batches({settings: {batches, epochs, parameters}}: TypicalRecords): string {
  const sizes = [...new Set(batches.map(({size}) => size))];
  const rows = sizes.map(size => {
    const own = batches.filter(batch => batch.size === size);
    return [
      String(size),
      String(own.length),
      ...(['loss', 'trace', 'top'] as const).map(name => range(own.map(batch => batch[name]))),
    ];
  });
  return [
    `One CNN (${parameters.toLocaleString('en')} parameters), after ${epochs} epochs on MNIST, on different images:`,
    table(['images', 'batches', 'loss', 'trace', 'top eigenvalue'], rows),
  ].join('\n\n');
}

function settings({settings: {settings, seeds, batchSize, trace, top}}: TypicalRecords): string {
  const rows = settings.map(each => [
    `${each.steps}, ${each.probes}, ${each.traceProbes}`,
    productsOf(each),
    percent(each.traceError),
    Number.isFinite(each.traceStated) && each.traceStated !== null ? percent(each.traceStated) : 'unknown',
    percent(each.topError),
    percent(each.topStated),
    percent(each.negativeWidth),
  ]);
  return [
    `The network of the CNN above on ${batchSize} images, without its layers: trace ${short(trace)}, top eigenvalue ${short(top)}. Medians over ${seeds} seeds of the probes:`,
    table(
      [
        '`steps`, `probes`, `traceProbes`',
        'products',
        'error of the trace',
        'its stated standard error',
        'error of the top',
        'its stated residual',
        'interval of the share below zero',
      ],
      rows,
    ),
  ].join('\n\n');
}

function costs({costs: {costs, steps, probes, traceProbes, machine, date}}: TypicalRecords): string {
  const rows = costs.map(each => [
    `${networks[each.network as NetworkName].title}, ${each.layers} layers`,
    each.parameters.toLocaleString('en'),
    bytes(4 * each.parameters ** 2),
    short(each.gradient),
    short(each.product / each.gradient),
    short(each.sample),
    short(each.estimate.seconds),
    bytes(each.peak),
    bytes(each.estimate.bytes),
  ]);
  const others = costs.map(each => each.others ?? 0);
  const busy =
    Math.max(...others) > 0.05
      ? ` Gradient and product: the fastest of some, because other processes took ${percentRange(others)} of the processor time. \`estimateCost\` tells the seconds on a machine as busy as it is.`
      : '';
  const sizes = [
    ...new Set(costs.map(({batchSize, network}) => `${networks[network as NetworkName].title} ${batchSize}`)),
  ];
  return [
    table(
      [
        '',
        'parameters',
        'the matrix itself would take',
        'gradient, ms',
        'product / gradient',
        'sample: processor time, s',
        '`estimateCost`, s',
        'memory of a sample',
        '`estimateCost`',
      ],
      rows,
    ),
    `A sample of the network and all layers: ${steps} steps, ${probes} probes, ${traceProbes} trace probes. Images in a batch: ${sizes.join(', ')}. ${where(machine, date)}.${busy}`,
  ].join('\n\n');
}

/** Trace probes take 2 products at least, and as many as they are at most. */
function productsOf({steps, probes, traceProbes}: SettingValues): string {
  const ofSteps = steps * probes;
  return traceProbes === 0 ? String(ofSteps) : `${ofSteps + 2}–${ofSteps + traceProbes}`;
}

/** `12–30`, with two digits. */
function range(values: readonly (number | null)[]): string {
  const known = values.filter(value => value !== null && Number.isFinite(value)) as number[];
  if (known.length === 0) return '';
  const [low, high] = [short(Math.min(...known)), short(Math.max(...known))];
  if (low === high) return low;
  return low.startsWith('−') ? `${low} to ${high}` : `${low}–${high}`;
}

function percentRange(values: readonly number[]): string {
  const [low, high] = [percent(Math.min(...values)), percent(Math.max(...values))];
  return low === high ? low : `${low.replace(' %', '')}–${high}`;
}

/** Two digits; 0 for what is smaller than the tables show. */
function short(value: number): string {
  if (Math.abs(value) < 5e-5) return '0';
  const rounded = Number(value.toPrecision(2));
  return rounded.toLocaleString('en', {maximumSignificantDigits: 2}).replace('-', '−');
}

function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 0.01) return '< 0.01 %';
  return `${value === 0 || value >= 10 ? value.toFixed(0) : Number(value.toPrecision(1)).toString()} %`;
}

function bytes(value: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.max(1, Math.floor(Math.log10(value) / 3)));
  return `${short(value / 1000 ** power)} ${units[power - 1]}`;
}
