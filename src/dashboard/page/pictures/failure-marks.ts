import * as Plot from '@observablehq/plot';
import type {PageState} from '../state.js';
import {count} from './numbers.js';
import {timeline} from './time-axis.js';

/** A cross on the axis of steps at each sample of the shown run that failed. */
export function failureMarks(
  state: PageState,
  [from, to]: readonly [number, number],
  color: string,
): readonly Plot.Markish[] {
  const {of} = timeline(state, state.main);
  const places = (state.main?.view.failures.step ?? []).map(of).filter(place => place >= from && place <= to);
  if (places.length === 0) return [];
  return [
    Plot.dot(places, {
      x: (place: number) => place,
      frameAnchor: 'bottom',
      symbol: 'times',
      r: 3.5,
      stroke: color,
      strokeWidth: 1.8,
      className: 'failed',
    }),
  ];
}

/** Says how many samples failed nearer to a step than to its neighbors; '' if none did. */
export function failuresNear({main}: PageState, step: number, steps: readonly number[]): string {
  const failures = main?.view.failures;
  if (failures === undefined || failures.step.length === 0) return '';
  const at = steps.indexOf(step);
  const from = at > 0 ? (steps[at - 1]! + step) / 2 : Number.NEGATIVE_INFINITY;
  const to = at < steps.length - 1 ? (steps[at + 1]! + step) / 2 : Number.POSITIVE_INFINITY;
  const failed = failures.step.reduce(
    (sum, each, i) => (each > from && each <= to ? sum + failures.count[i]! : sum),
    0,
  );
  return failed === 0 ? '' : ` · ${count(failed)} sample${failed === 1 ? '' : 's'} failed near it`;
}
