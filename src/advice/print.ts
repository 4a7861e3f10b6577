import {formatEstimate, formatNumber} from '../format-number.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import type {Finding, FindingLevel} from './finding.js';

const MARKS: Readonly<Record<FindingLevel, string>> = {act: '!', look: '?', note: '·'};

/** The findings as lines of text: what was found, and what to try. */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({level, text, tryThis}) => [
    `${MARKS[level]} ${text}`,
    ...(tryThis === '' ? [] : [`  ${tryThis}`]),
  ]);
}

/**
 * The course of a training in a sentence: how many samples, and its numbers with their errors, at the first step and the last.
 *
 * @param samples those of one training in the order of time, at least one.
 */
export function courseLine(samples: readonly HessianSample[]): string {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const numbers: readonly (readonly [name: string, of: (sample: HessianSample) => string])[] = [
    ['loss', ({loss}) => formatNumber(loss)],
    ['trace', ({full: {trace}}) => formatEstimate(trace.value, trace.standardError)],
    [
      'largest eigenvalue',
      ({full}) => (full.largest[0] ? formatEstimate(full.largest[0].value, full.largest[0].residual) : '–'),
    ],
  ];
  if (first === last) {
    return `1 sample, at step ${last.step}: ${numbers.map(([name, of]) => `${name} ${of(last)}`).join(', ')}.`;
  }
  const changes = numbers.map(([name, of]) => `${name} ${of(first)} → ${of(last)}`).join(', ');
  return `${samples.length} samples, steps ${first.step} to ${last.step}: ${changes}.`;
}
