import {formatEstimate, formatNumber} from '../format-number.js';
import type {Estimate, RitzValue} from '../metrics/records.js';
import {NORMAL_95} from '../metrics/statistics/student-t.js';
import {trendAmong} from '../metrics/statistics/trend.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import type {Finding} from './finding.js';

/** What is known of a training besides its samples. */
export interface AdviceContext {
  /** The number of classes, where the network classifies. */
  readonly classes?: number;
  /** How many samples failed. */
  readonly failures?: number;
  /** Whether the loss that is minimized has a trace penalty. */
  readonly penalized?: boolean;
  /** The loss of each epoch on validation data. */
  readonly validationLoss?: readonly number[];
}

/** The samples of one training in the order of time, and what else is known of it. */
export interface History {
  /** Of a long training, some. */
  readonly samples: readonly HessianSample[];
  /** How many samples the training has. */
  readonly count: number;
  readonly context: AdviceContext;
}

/** A rule: a pure function of a history, which has at least one sample. */
export type Rule = (history: History) => readonly Finding[];

/** A trend is taken for one if chance makes it in one of a hundred trainings. */
const LEVEL = 0.01;

/** Fewer samples show no trend. */
const LEAST = 5;

/** Whether numbers rise or fall in time beyond chance; `'unknown'` for few numbers. */
export function direction(values: readonly number[]): 'falls' | 'rises' | 'none' | 'unknown' {
  return values.length < LEAST ? 'unknown' : trendAmong(values, LEVEL).direction;
}

/** Whether the loss falls over the second half of the samples. */
export function isStillLearning({samples}: History): boolean {
  const losses = samples.map(({loss}) => loss);
  const half = losses.slice(Math.floor(losses.length / 2));
  return half.length < 2 || half.at(-1)! < 0.95 * half[0]! || direction(losses) === 'unknown';
}

/** The lower end of a 95 % interval; `null` where the error is unknown. */
export function lower({value, standardError}: Estimate): number | null {
  return standardError === null ? null : value - NORMAL_95 * standardError;
}

/** Whether an estimate is above another one, beyond the errors of both; `false` where an error is unknown. */
export function isAbove(one: Estimate, other: Estimate): boolean {
  if (one.standardError === null || other.standardError === null) return false;
  return one.value - other.value > NORMAL_95 * Math.hypot(one.standardError, other.standardError);
}

/** A number in a sentence. */
export function inWords(value: number): string {
  return formatNumber(value, 3);
}

/** An estimate in a sentence, with its standard error. */
export function estimateInWords({value, standardError}: Estimate): string {
  return formatEstimate(value, standardError);
}

/** An eigenvalue in a sentence, with its bound. */
export function eigenvalueInWords({value, residual}: RitzValue): string {
  return formatEstimate(value, residual);
}

/** How sure a trend is. */
export function trendInWords(count: number): string {
  return `A trend over ${count} samples; without one, chance makes it in fewer than 1 of 100 trainings.`;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
