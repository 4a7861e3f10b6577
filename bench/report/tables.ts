import type {BenchRecord, TrainingRecord} from '../harness/record.js';
import {spread, table} from './markdown.js';

/** The rows of a training table: the name in the record, and what it is. */
const STEPS: readonly (readonly [name: string, what: string])[] = [
  ['baseline', 'TensorFlow.js, plain'],
  ['compiled', 'compiled'],
  ['middle', 'compiled, penalty on `middle`'],
  ['all', 'compiled, penalty on `all`'],
  ["Adam's update alone", "Adam's update alone, as TensorFlow.js runs it"],
  ['PyTorch', 'PyTorch'],
  ['torch.compile', 'PyTorch, `torch.compile`'],
  ['PyTorch middle', 'PyTorch, penalty on `middle`'],
  ['PyTorch all', 'PyTorch, penalty on `all`'],
];

/** Training steps of one network with Adam, and those with SGD below. */
export function stepsTable({
  title,
  batchSize,
  rounds,
  times,
  ratios,
  against,
  withSgd,
  firstStep,
}: TrainingRecord): string {
  const rows = STEPS.filter(([name]) => times[name]).map(([name, what]) => [
    what,
    spread(times[name], 1),
    name === 'baseline' ? '1' : spread(ratios[name], 2),
    spread(against[name], 2),
    firstStep[name] === undefined ? '' : firstStep[name].toFixed(0),
  ]);
  const sgd = Object.entries(withSgd).map(([name, ratio]) => `${name} ${spread(ratio, 2)}`);
  return [
    `**${title}**; batch ${batchSize}, Adam; ${rounds} rounds`,
    table(['', 'ms', 'in plain steps', 'ours / theirs', 'first, ms'], rows),
    sgd.length === 0 ? '' : `With SGD, in TensorFlow.js' plain steps with SGD: ${sgd.join(', ')}.`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** What curvature costs on other engines and in jax-js, in gradients of each. */
export function enginesTable({engines}: BenchRecord): string {
  const rows = Object.entries(engines).map(([name, {network, gradient, ratios, sampleSteps}]) => [
    `${name}: ${network}`,
    spread(gradient, 1),
    spread(ratios['H v held'] ?? ratios['H v'], 2),
    spread(ratios['penalized step'], 2),
    ratios.sample ? `${ratios.sample.median.toFixed(0)} (${sampleSteps} steps)` : '',
  ]);
  return [
    'Each in gradients of the same engine. A sample has one probe, of all layers and the network. jax-js, in WebAssembly, is what a JavaScript user may take instead; its products are not held. What headless Chromium renders in software says nothing about a graphics card: compare the columns, not the rows.',
    table(['', 'gradient, ms', 'H v / gradient', 'step with penalty on `all` / plain step', 'sample / gradient'], rows),
  ].join('\n\n');
}
