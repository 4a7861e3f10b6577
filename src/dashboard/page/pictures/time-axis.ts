import * as Plot from '@observablehq/plot';
import type {PageState, RunData} from '../state.js';
import {MARGINS} from './picture.js';
import type {Timeline} from './timeline.js';
import {timelineOf} from './timeline.js';
import {stepLabel} from './value-axis.js';

const TITLES = {step: 'optimizer step →', epoch: 'epochs done →', time: 'hours since the first sample →'} as const;

/** The axis of steps, epochs or hours below a picture. */
export function timeAxis({unit}: PageState, width: number, pixelsPerTick: number): Plot.Markish {
  return Plot.axisX({
    ticks: Math.max(3, Math.round(width / pixelsPerTick)),
    tickFormat: stepLabel,
    tickSize: 4,
    label: TITLES[unit],
    labelAnchor: 'right',
    // Also above a legend.
    labelOffset: MARGINS.marginBottom - 4,
    labelArrow: 'none',
  });
}

export function timeline({unit}: PageState, data: RunData | null): Timeline {
  return timelineOf(data?.view ?? null, unit);
}

/** The range of the shown run's steps that all pictures show. */
export function stepDomain({zoom, main, others}: PageState): [from: number, to: number] {
  if (zoom !== null) return [...zoom];
  return extentOf([main, ...others].flatMap(data => (data === null ? [] : stepsOf(data))));
}

/** The range of places on the horizontal axis. */
export function timeDomain(state: PageState): [from: number, to: number] {
  const {zoom, main, others} = state;
  const ofMain = timeline(state, main);
  if (zoom !== null) return extentOf(zoom.map(ofMain.of));
  const runs = [main, ...others].filter(data => data !== null);
  return extentOf(
    runs.flatMap(data => {
      const {of} = timeline(state, data);
      return extentOf(stepsOf(data)).map(of);
    }),
  );
}

function extentOf(places: readonly number[]): [number, number] {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const place of places) [from, to] = [Math.min(from, place), Math.max(to, place)];
  if (from > to) return [0, 1];
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
