import {parseHTML} from 'linkedom';
import type {Run} from '../run.js';
import {caption} from './caption.js';
import {eigenvalueAxis} from './eigenvalue-axis.js';
import {blocksOf, momentsOf} from './moments.js';
import {Poster} from './poster.js';
import {ridges} from './ridges.js';
import type {Columns} from './style.js';
import {colors} from './style.js';
import {traces} from './traces.js';

const LEFT = 24;
const RIGHT = 1256;

/** The whole picture as SVG: a legend, the ridges above the traces, and a caption. */
export function layout(runs: readonly Run[], title: string): string {
  const moments = momentsOf(runs);
  const {samples} = runs[0]!;
  const blocks = blocksOf(samples.at(-1)!);
  const columns: Columns = {
    document: parseHTML('<html></html>').document as unknown as Document,
    width: 1280,
    blocks: blocks.map(([name]) => name),
    runs: runs.map(({name}) => name),
    color: run => colors.runs[runs.findIndex(({name}) => name === run)]!,
  };
  const heads = blocks.map(([block, {parameters}]) => ({
    block,
    parameters,
    penalizedIn: runs.find(({penalized}) => penalized.includes(block))?.name ?? null,
  }));
  const rowNames = samples.map(({step, batch, epoch}) => (batch === null ? `epoch ${epoch + 1}` : `step ${step}`));
  const axis = eigenvalueAxis(moments.map(({spectrum}) => spectrum));

  const poster = new Poster(1280, 880);
  poster.text(LEFT, 46, [title], {size: 25, weight: 600, color: colors.ink});
  runs.forEach((run, i) => {
    const y = 78 + 23 * i;
    const color = columns.color(run.name);
    poster
      .dot(LEFT + 6, y - 5, color)
      .text(LEFT + 20, y, [{text: run.name, weight: 600, color}, outcome(run)], {size: 15});
  });
  poster
    .text(LEFT, 183, ['spectrum'], {weight: 600, color: colors.ink})
    .plot(0, 166, ridges(moments, heads, rowNames, axis, columns))
    .text(RIGHT, 624, ['eigenvalue'], {anchor: 'end'})
    .text(LEFT, 650, ['trace'], {weight: 600, color: colors.ink})
    .plot(0, 636, traces(moments, columns))
    .text(RIGHT, 824, ['optimizer step'], {anchor: 'end'});
  caption(runs).forEach((line, i) => {
    poster.text(LEFT, 849 + 17 * i, [line], {size: 12});
  });
  return poster.toString();
}

function outcome({samples, accuracy}: Run): string {
  const {largest, trace} = samples.at(-1)!.full;
  return `  ends with top eigenvalue ${largest[0]!.value.toFixed(1)}, trace ${withError(trace)}, test accuracy ${(100 * accuracy).toFixed(2)} %`;
}

function withError({value, standardError}: {value: number; standardError: number | null}): string {
  return standardError === null ? value.toFixed(0) : `${value.toFixed(0)} ± ${standardError.toFixed(0)}`;
}
