import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {BenchRecord, ProductsRecord, ProfileRecord} from '../harness/record.js';
import {writeBlocks} from './blocks.js';
import {goals} from './goals.js';
import {percent, spread, table} from './markdown.js';
import {drawPicture} from './picture.js';
import {enginesTable, stepsTable} from './tables.js';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));

/** Above this share of time used by other processes, a run is not quiet. */
const QUIET = 0.05;

/** Makes docs/performance.md and its picture from the results of one run, which has all their numbers. */
export function writeDocument(results: string, folder = docs): string[] {
  const record = JSON.parse(readFileSync(results, 'utf8')) as BenchRecord;
  const paths = [join(folder, 'performance.md'), join(folder, 'performance.svg')] as const;
  mkdirSync(folder, {recursive: true});
  writeFileSync(paths[0], documentOf(record));
  writeFileSync(paths[1], drawPicture(record));
  return [...paths, ...writeBlocks(record)];
}

function documentOf(record: BenchRecord): string {
  return [
    '# What it costs',
    '`npm run bench` measures these ratios. What is compared runs in turn, within one run. Each value is a median [quartiles]. `npx tsx bench/document.ts` makes this page ' +
      'from a file in `bench/results/`. [speed.md](speed.md) explains the numbers.',
    conditions(record),
    '![Products in gradients, and how cost grows](performance.svg)',
    '## Goals',
    goalsTable(record),
    missed(record),
    '## Training steps, by network',
    'All steps but the plain ones of TensorFlow.js are compiled. `middle` and `all` have the trace penalty on these layers. ‘First’ is the slower one of the first two steps, in which the graph is recorded and loaded.',
    ...Object.values(record.training).map(stepsTable),
    '## A product with the Hessian, by network',
    ...Object.values(record.products).map(productsTable),
    spectraTable(record),
    '## On other engines',
    enginesTable(record),
    '## How cost grows',
    scalingTable(record),
    '## Where time goes',
    'The CNN of the table above, in milliseconds per call. The profiler makes products and penalties run kernel by kernel, which takes longer than a graph. `JavaScript` is the time outside of kernels.',
    ...Object.entries(record.profiles).map(([name, profile]) => profileTable(name, profile)),
    missing(record),
  ]
    .filter(part => part !== '')
    .join('\n\n')
    .concat('\n');
}

function conditions({machine, load, versions, date, quick}: BenchRecord): string {
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const busy = load.others === null ? (load.before ?? 0) > 0.3 : load.others > QUIET;
  const warning = busy
    ? `**Measured on a loaded machine**: other processes took ${percent(load.others ?? 0)} of its processor time, so that the spread is wide, ` +
      'and peers with threads of their own suffer more than they would alone. To be measured again on a quiet one.'
    : '';
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; Node ${machine.node}, ${machine.engine}; ` +
      `${peers.join(', ')}; ${date.slice(0, 10)}${quick ? ', the quick run (peers on the CNN alone, fewer sizes)' : ''}.`,
    warning,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function goalsTable(record: BenchRecord): string {
  const rows = goals(record).map(({what, goal, measured, peer, met}) => [what, goal, measured, met ? '✓' : '✗', peer]);
  return table(
    [
      'on the CNN (conv 8, conv 16, dense 64, dense 10; batch 256) if no other network is named',
      'goal',
      'measured',
      '',
      'peers',
    ],
    rows,
  );
}

function missed(record: BenchRecord): string {
  const list = goals(record).filter(({met}) => !met);
  if (list.length === 0) return 'All are met.';
  const lines = list.map(({what, missedBy, profile, because}) => {
    const by = profile === null ? undefined : record.profiles[profile];
    const where = by
      ? `; of the ${by.milliseconds.toFixed(1)} ms of ‘${profile}’ ${by.byKernel
          .slice(0, 4)
          .map(([kernel, ms]) => `${kernel} takes ${ms.toFixed(1)}`)
          .join(', ')}`
      : because
        ? `; ${because}`
        : '';
    return `- ${what}: ${percent(missedBy)} above${where}.`;
  });
  return `Missed goals, by how much, and where the time goes:\n\n${lines.join('\n')}`;
}

function productsTable(products: ProductsRecord): string {
  const {title, batchSize, parameters, rounds, times, ratios, against, agreement} = products;
  const rows = [
    ['gradient', spread(times.baseline, 1), '1', ''],
    ...Object.keys(ratios).map(name => [
      name,
      spread(times[name], 1),
      spread(ratios[name], 2),
      against[name] ? spread(against[name], 2) : '',
    ]),
  ];
  const same = Object.entries(agreement).map(
    ([peer, {loss, curvature}]) =>
      `${peer}’s loss is within ${loss.toExponential(0)} of ours, its vᵀHv within ${curvature.toExponential(0)}`,
  );
  const {gradient, making, held, product} = products.memory;
  const memory = [
    `Memory, as TensorFlow.js counts it kernel by kernel, in the gradient’s peak of ${(gradient / 2 ** 20).toFixed(0)} MiB: ${(making / gradient).toFixed(2)} while the linearization is made`,
    `${(held / gradient).toFixed(2)} held`,
    `${(product / gradient).toFixed(2)} during a product`,
  ];
  return [
    `**${title}**; batch ${batchSize}, ${parameters.toLocaleString('en')} parameters; ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`,
    table(['', 'ms', 'in gradients', 'ours / theirs'], rows),
    `${same.length > 0 ? `The same work: ${same.join('; ')}. ` : ''}${memory.join(', ')}.`,
  ].join('\n\n');
}

function spectraTable({spectra}: BenchRecord): string {
  if (spectra === null) return '';
  const rows = spectra.blocks.map(
    ({block, milliseconds, inProducts, products, top, residual, trace, standardError, peer}) => [
      block,
      (milliseconds / 1000).toFixed(2),
      peer ? (peer.milliseconds / 1000).toFixed(2) : '',
      String(products),
      (milliseconds / inProducts).toFixed(2),
      `${top[0].toPrecision(4)}, ${top[1].toPrecision(4)} (± ${residual.toExponential(0)})`,
      peer ? peer.top.map(value => value.toPrecision(4)).join(', ') : '',
      `${trace.toPrecision(4)}${standardError === null ? '' : ` ± ${standardError.toPrecision(2)}`}`,
      peer ? peer.trace.toPrecision(4) : '',
    ],
  );
  const heads = [
    '',
    's',
    'PyHessian, s',
    'products',
    '/ products’ time',
    'top 2',
    'PyHessian’s',
    'trace',
    'PyHessian’s',
  ];
  return `## Spectra of the network and of its layers\n\nThe CNN after 20 steps: density of 100 Lanczos steps, top 2, and a trace as sure as 100 Hutchinson probes make it. ± is a bound of both eigenvalues, and one standard error of the trace.\n\n${table(heads, rows)}`;
}

function scalingTable({scaling}: BenchRecord): string {
  const rows = Object.entries(scaling).map(([axis, {network, points, slopes}]) => [
    `${axis} ${points[0]!.x} … ${points.at(-1)!.x}`,
    network,
    ...['gradient', 'product', 'linearization'].map(name => (slopes[name] ?? Number.NaN).toFixed(2)),
  ]);
  return `Slopes b of time ~ xᵇ, from a fit to the logarithms.\n\n${table(['', 'network', 'gradient', 'H v', 'linearization'], rows)}`;
}

function profileTable(name: string, {milliseconds, byKernel, byLayer}: ProfileRecord): string {
  const kernels = byKernel.slice(0, 8).map(([kernel, ms]) => `${kernel} ${ms.toFixed(2)}`);
  const rest = byKernel.slice(8).reduce((sum, [, ms]) => sum + ms, 0);
  const all = byKernel.reduce((sum, [, ms]) => sum + ms, 0);
  if (rest > 0) kernels.push(`others ${rest.toFixed(2)}`);
  kernels.push(`JavaScript ${Math.max(0, milliseconds - all).toFixed(2)}`);
  const layers = byLayer.map(([layer, ms]) => `${layer ?? 'no layer'} ${ms.toFixed(2)}`);
  return `- **${name}**, ${milliseconds.toFixed(1)} ms: ${kernels.join(', ')}.\n  By layer: ${layers.join(', ')}.`;
}

function missing({missing: list}: BenchRecord): string {
  const lines = Object.entries(list).map(([what, why]) => `- ${what}: ${why}`);
  return lines.length === 0 ? '' : `## Not measured\n\n${lines.join('\n')}`;
}
