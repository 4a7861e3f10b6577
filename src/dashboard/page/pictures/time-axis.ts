import * as Plot from '@observablehq/plot';
import type {PageState} from '../state.js';
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
  const steps = [main, other].flatMap(data => data?.view.moments.step ?? []);
  const [from, to] = [Math.min(...steps), Math.max(...steps)];
  return from < to ? [from, to] : [from - 1, to + 1];
}

/** The index of the nearest step in an ascending list. */
export function nearest(steps: readonly number[], step: number): number {
  let best = 0;
  for (let i = 1; i < steps.length; i++) {
    if (Math.abs(steps[i]! - step) <= Math.abs(steps[best]! - step)) best = i;
  }
  return best;
}
