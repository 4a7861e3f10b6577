import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors, fonts} from '../../examples/mnist/picture/style.js';
import type {BenchRecord, ScalingRecord} from '../harness/record.js';

const WIDTH = 1160;

/** Okabe and Ito's colours, which colour-blind people can tell apart. */
const tools: readonly (readonly [name: string, measure: string, color: string])[] = [
  ['tfjs-hessian, held', 'H v held', '#0072B2'],
  ['PyTorch, graph retained', 'PyTorch H v held', '#D55E00'],
  ['JAX, jitted', 'JAX H v', '#009E73'],
  ['curvlinops', 'curvlinops H v', '#CC79A7'],
];
const measures = [
  ['gradient', colors.quiet],
  ['product', '#0072B2'],
  ['linearization', '#E69F00'],
] as const;

/** Above: a product in gradients, ours and the peers', by network. Below: how cost grows. */
export function drawPicture(record: BenchRecord): string {
  const {document} = parseHTML('<html></html>') as unknown as {document: Document};
  const poster = new Poster(WIDTH, 640);
  poster.text(24, 42, ['A product with the Hessian, in TensorFlow.js gradients of the same loss on the same batch'], {
    ...{size: 22, weight: 600, color: colors.ink},
  });
  tools.forEach(([name, , color], i) => {
    poster.dot(30 + 240 * i, 69, color).text(44 + 240 * i, 74, [name], {size: 15, color: colors.ink});
  });
  poster.plot(24, 84, products(record, document));
  poster.text(24, 372, ['How cost grows: milliseconds'], {weight: 600, size: 16, color: colors.ink});
  measures.forEach(([name, color], i) => {
    poster.dot(290 + 150 * i, 367, color).text(302 + 150 * i, 372, [name], {size: 14, color: colors.ink});
  });
  Object.entries(record.scaling).forEach(([axis, scaling], i) => {
    const x = 24 + 280 * i;
    const {product} = scaling.slopes;
    poster
      .text(x, 404, [`${axis}: H v ~ ${axis}`, {text: ` ^ ${product!.toFixed(2)}`, weight: 600, color: colors.ink}], {
        size: 14,
      })
      .plot(x, 412, growth(scaling, document))
      .text(x, 612, [scaling.network], {size: 12});
  });
  return poster.toString();
}

function products(record: BenchRecord, document: Document) {
  const bars = Object.values(record.products).flatMap(({title, ratios}) =>
    tools
      .filter(([, measure]) => ratios[measure])
      .map(([tool, measure]) => ({network: title.split(/:| with/)[0]!, tool, ...ratios[measure]!})),
  );
  return Plot.plot({
    document,
    width: 1112,
    height: 250,
    marginLeft: 40,
    style: {fontFamily: fonts, fontSize: '13px', color: colors.quiet},
    fx: {label: null, domain: [...new Set(bars.map(({network}) => network))]},
    x: {axis: null, domain: tools.map(([tool]) => tool)},
    y: {label: null, grid: true, ticks: 5},
    color: {domain: tools.map(([tool]) => tool), range: tools.map(([, , color]) => color)},
    marks: [
      Plot.barY(bars, {fx: 'network', x: 'tool', y: 'median', fill: 'tool'}),
      Plot.ruleX(bars, {fx: 'network', x: 'tool', y1: 'q1', y2: 'q3', stroke: colors.ink}),
      Plot.text(bars, {
        fx: 'network',
        x: 'tool',
        y: 'median',
        text: ({median}) => median.toFixed(2),
        dy: -8,
        dx: 14,
        fill: colors.ink,
      }),
      Plot.ruleY([1], {stroke: colors.ink, strokeDasharray: '3 3'}),
      Plot.ruleY([0]),
    ],
  });
}

function growth({points}: ScalingRecord, document: Document) {
  const lines = points.flatMap(({x, times}) =>
    measures.map(([name]) => ({x, name, milliseconds: times[name]!.median, q1: times[name]!.q1, q3: times[name]!.q3})),
  );
  const stroke = ({name}: {name: string}) => measures.find(([other]) => other === name)![1];
  return Plot.plot({
    document,
    width: 268,
    height: 184,
    marginLeft: 44,
    style: {fontFamily: fonts, fontSize: '12px', color: colors.quiet},
    x: {type: 'log', label: null, ticks: points.map(({x}) => x), tickFormat: String},
    y: {type: 'log', label: null, grid: true, ticks: 3, tickFormat: '~s'},
    marks: [
      Plot.ruleX(lines, {x: 'x', y1: 'q1', y2: 'q3', stroke, strokeOpacity: 0.5}),
      Plot.lineY(lines, {x: 'x', y: 'milliseconds', z: 'name', stroke, strokeWidth: 1.8}),
      Plot.dot(lines, {x: 'x', y: 'milliseconds', fill: stroke, r: 2.5}),
    ],
  });
}
