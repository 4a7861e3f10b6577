import * as Plot from '@observablehq/plot';
import {axisOver} from '../../../report/eigenvalue-axis.js';

/** An axis of values. Its places are linear in pixels. */
export interface ValueAxis {
  readonly domain: readonly [from: number, to: number];
  readonly ticks: readonly {readonly place: number; readonly label: string}[];
  place(value: number): number;
}

const compact = new Intl.NumberFormat('en', {notation: 'compact', maximumSignificantDigits: 3});

/** The label of a step, an epoch or a number of hours. */
export function stepLabel(value: number): string {
  return Math.abs(value) >= 1000 ? compact.format(value) : String(Number(value.toPrecision(3)));
}

/** The title of the vertical axis, above it. */
export function axisTitle(title: string, scale: 'linear' | 'log'): Plot.Markish {
  return Plot.text([scale === 'log' ? `${title} (logarithmic)` : title], {
    frameAnchor: 'top-left',
    dx: 8 - 52,
    dy: -20,
    textAnchor: 'start',
  });
}

/** The label of a tick. Large and small numbers have exponents. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6)
    return value
      .toExponential(2)
      .replace(/\.?0*e\+?/, 'e')
      .replaceAll('-', '−');
  if (size >= 1000) return compact.format(value).replace('-', '−');
  if (size !== 0 && size < 0.001) return value.toExponential(0).replaceAll('-', '−');
  return String(Number(value.toPrecision(3))).replace('-', '−');
}

/**
 * A logarithmic axis if all values are positive; otherwise one that is logarithmic in both directions and linear near zero.
 */
export function logAxis(values: readonly number[]): ValueAxis {
  const [least, most] = extent(values);
  if (!(least > 0)) {
    const {domain, ticks, place} = axisOver(Math.min(0, least || 0), Math.max(0, most || 0), 2);
    return {domain, place, ticks: ticks.map(({place, value}) => ({place, label: tickLabel(value)}))};
  }
  let [from, to] = [Math.log10(least), Math.log10(most)];
  const room = Math.max(0.06 * (to - from), (0.4 - (to - from)) / 2);
  from -= room;
  to += room;
  const span = to - from;
  const mantissas = span < 1.2 ? [1, 2, 3, 5, 7] : span < 2.6 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(span / 7));
  const ticks = [];
  for (let decade = Math.floor(from); decade <= to; decade++) {
    if (decade % every !== 0) continue;
    for (const mantissa of mantissas) {
      const value = mantissa * 10 ** decade;
      const place = Math.log10(value);
      if (place >= from && place <= to) ticks.push({place, label: tickLabel(value)});
    }
  }
  return {domain: [from, to], ticks, place: value => (value > 0 ? Math.log10(value) : from)};
}

/** A linear axis that includes zero. */
export function linearAxis(values: readonly number[], atLeast = 0): ValueAxis {
  const [least, most] = extent([0, atLeast, ...values]);
  const span = most - least || 1;
  const step = [1, 2, 2.5, 5, 10].map(m => m * 10 ** Math.floor(Math.log10(span / 4))).find(s => span / s <= 5)!;
  const [from, to] = [least === 0 ? 0 : least - 0.04 * span, most + 0.06 * span];
  const ticks = [];
  for (let k = Math.ceil(from / step); k * step <= to; k++) {
    ticks.push({place: k * step, label: tickLabel(Number((k * step).toPrecision(6)))});
  }
  return {domain: [from, to], ticks, place: value => value};
}

function extent(values: readonly number[]): [least: number, most: number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}
