import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {BenchRecord} from '../harness/record.js';
import type {Summary} from '../harness/summary.js';
import {SHORT} from './goals.js';
import {table} from './markdown.js';

/** Around what is written into pages that are otherwise written by hand. */
const [BEGIN, END] = ['<!-- made by bench/document.ts -->', '<!-- end -->'];

const pages: Readonly<Record<string, (record: BenchRecord) => string>> = {
  'README.md': headline,
  'docs/compiled-training.md': compiledSteps,
  'docs/regularizer.md': penalizedSteps,
};

/** Writes the tables of pages that quote the bench. */
export function writeBlocks(record: BenchRecord): string[] {
  return Object.entries(pages).map(([page, make]) => {
    const path = fileURLToPath(new URL(`../../${page}`, import.meta.url));
    const text = readFileSync(path, 'utf8');
    const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
    if (begin < 0 || end < begin) throw new Error(`${page} has no block for the bench.`);
    writeFileSync(path, `${text.slice(0, begin + BEGIN.length)}\n${make(record)}\n${text.slice(end)}`);
    return path;
  });
}

/** Plain TensorFlow.js, this package and PyTorch, on one machine. */
function headline(record: BenchRecord): string {
  const rows = Object.entries(record.training).map(([name, {times}]) => {
    const products = record.products[name];
    return [
      SHORT[name] ?? name,
      ms(times.baseline),
      ms(times.compiled),
      ms(times.PyTorch),
      ms(times.middle),
      ms(times['PyTorch middle']),
      ms(products?.times['H v held']),
      ms(products?.times['PyTorch H v held']),
    ];
  });
  const heads = [
    'milliseconds',
    'step: TensorFlow.js',
    'this package',
    'PyTorch',
    'step with the penalty: this package',
    'PyTorch',
    'H v: this package',
    'PyTorch',
  ];
  return `${table(heads, rows)}\n\n${where(record)}`;
}

function compiledSteps(record: BenchRecord): string {
  const rows = Object.values(record.training).map(({title, times, ratios, firstStep}) => [
    title,
    ms(times.baseline),
    ms(times.compiled),
    ratios.compiled ? ratios.compiled.median.toFixed(2) : '',
    ms(times.middle),
    ms(times.PyTorch),
    ms(times['torch.compile']),
    firstStep.compiled === undefined ? '' : firstStep.compiled.toFixed(0),
  ]);
  const heads = ['', 'plain', 'compiled', 'compiled / plain', 'with penalty', 'PyTorch', '`torch.compile`', 'first'];
  return `${table(heads, rows)}\n\n${where(record)}`;
}

/** Penalized steps in plain steps of TensorFlow.js, each with its own optimizer. */
function penalizedSteps(record: BenchRecord): string {
  const rows = Object.values(record.training).map(({title, ratios, withSgd}) => [
    title,
    ...(['middle', 'all', 'compiled'] as const).flatMap(kind => [withSgd?.[kind], ratios[kind]]).map(inPlainSteps),
  ]);
  const heads = ['', "`'middle'`, SGD", 'Adam', "`'all'`, SGD", 'Adam', 'no penalty, compiled: SGD', 'Adam'];
  return `${table(heads, rows)}\n\n${where(record, 'one probe a layer')}`;
}

function inPlainSteps(summary: Summary | undefined): string {
  return summary === undefined ? '–' : summary.median.toFixed(2);
}

function where({machine, date, load}: BenchRecord, what = 'Adam; penalty on the middle layers'): string {
  const busy = (load.others ?? 0) > 0.05 ? ', on a machine that other processes used too' : '';
  return `Medians; ${what}; ${machine.processor}, ${machine.cores} cores, ${machine.engine}; ${date.slice(0, 10)}${busy}.`;
}

function ms(summary: Summary | undefined): string {
  if (summary === undefined) return '–';
  return summary.median.toFixed(summary.median < 100 ? 1 : 0);
}
