import * as Plot from '@observablehq/plot';
import type {PageState, RunData} from '../state.js';
import {tickLabel} from './value-axis.js';

/** The axis of steps below a picture. */
export function stepAxis(width: number, pixelsPerTick: number): Plot.Markish {
  return Plot.axisX({
    ticks: Math.max(3, Math.round(width / pixelsPerTick)),
    tickFormat: tickLabel,
    tickSize: 4,
    label: 'step →',
    labelAnchor: 'right',
    labelArrow: 'none',
  });
}

/** The range of steps that all pictures show. */
export function stepDomain({zoom, main, other}: PageState): [from: number, to: number] {
  if (zoom !== null) return [...zoom];
  const steps = [main, other].flatMap(data => (data === null ? [] : stepsOf(data)));
  if (steps.length === 0) return [0, 1];
  const [from, to] = [Math.min(...steps), Math.max(...steps)];
  return from < to ? [from, to] : [from - 1, to + 1];
}

/** All steps at which something is known of a run. */
function stepsOf({view: {moments, logs, failures}}: RunData): number[] {
  return [...moments.step, ...failures.step, ...logs.flatMap(({step}) => step)];
}

/** The index of the nearest step in an ascending list. */
export function nearest(steps: readonly number[], step: number): number {
  let best = 0;
  for (let i = 1; i < steps.length; i++) {
    if (Math.abs(steps[i]! - step) <= Math.abs(steps[best]! - step)) best = i;
  }
  return best;
}
