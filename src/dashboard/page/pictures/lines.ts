import type * as Plot from '@observablehq/plot';
import type {Band} from '../../answers.js';
import type {PageState, RunData} from '../state.js';
import {smoothed} from './smoothing.js';
import {timeline} from './time-axis.js';

/** A line over time. */
export interface Series {
  /** What it shows: a layer, say. */
  readonly name: string;
  readonly color: string;
  /** The shape of its marks, so that it can be told without its color. */
  readonly symbol: Plot.SymbolType | null;
  readonly steps: readonly number[];
  readonly band: Band;
  readonly data: RunData;
  readonly isStrong: boolean;
}

/** A point of a line. */
export interface Point {
  readonly step: number;
  readonly x: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Before it was smoothed. */
  readonly measured: number;
}

/** The points of a line, smoothed as the user has chosen. Moments without a value have none. */
export function pointsOf({steps, band, data}: Series, state: PageState): Point[] {
  const {of} = timeline(state, data);
  const values = smoothed(band.value, state.smoothing);
  return steps.flatMap((step, k): Point[] => {
    const value = values[k] ?? null;
    const measured = band.value[k] ?? null;
    if (value === null || measured === null) return [];
    return [{step, x: of(step), value, measured, low: band.low[k] ?? value, high: band.high[k] ?? value}];
  });
}

/** The width of a line, in pixels. */
export function widthOf({isStrong}: Pick<Series, 'isStrong'>): number {
  return isStrong ? 2.4 : 1.6;
}

/** The strokes of the runs for comparison. The shown one has solid lines. */
const DASHES = ['6 4', '2 3', '9 3 2 3', '1 5', '12 4'] as const;

/** The stroke of a run; `undefined` for a solid one. */
export function dashOf({main, others}: PageState, data: RunData): string | undefined {
  return data === main ? undefined : DASHES[others.indexOf(data) % DASHES.length];
}
