import type {SymbolType} from '@observablehq/plot';
import {scale} from '@observablehq/plot';
import type {Palette} from '../../../report/palette.js';
import {darkPalette, lightPalette} from '../../../report/palette.js';
import type {PageState} from '../state.js';

/** Okabe and Ito's colors and two of Tol's, which color-blind people can tell apart, for light and dark backgrounds. */
const FEW = {
  light: ['#0072b2', '#d55e00', '#009e73', '#aa4a86', '#b8860b', '#3b9fd6', '#7a5195', '#6b7a1e'],
  dark: ['#56b4e9', '#ff8c42', '#2fc79a', '#e08bbd', '#f0c808', '#9ad0ff', '#b79ae0', '#c3d350'],
} as const;

/** Shapes, so that layers can be told without colors. A cross like × marks failures. */
const SHAPES: readonly SymbolType[] = ['square', 'triangle', 'diamond', 'star', 'cross', 'wye', 'circle', 'asterisk'];

/** How the lines of a block look. */
export interface Look {
  readonly color: string;
  readonly symbol: SymbolType | null;
}

/** The color and the shape of each block. With many lines, shapes would only clutter. */
export function blockLooks(blocks: readonly (string | null)[], state: PageState): Map<string | null, Look> {
  const colors = blockColors(blocks, state);
  const layers = blocks.filter(layer => layer !== null);
  const chosen = layers.length <= SHAPES.length ? layers : layers.filter(layer => state.layers?.has(layer));
  const symbolOf = (layer: string | null) => {
    if (layer === null) return 'circle';
    const at = chosen.indexOf(layer);
    return at < 0 ? null : SHAPES[at % SHAPES.length]!;
  };
  return new Map([...colors].map(([layer, color]) => [layer, {color, symbol: symbolOf(layer)}]));
}

/** The color of a run for comparison, by its place: none is that of the shown run, or of its largest eigenvalues. */
export function comparisonColor(i: number, {theme}: PageState): string {
  const colors = FEW[theme].slice(2);
  return colors[i % colors.length]!;
}

export function paletteOf({theme}: PageState): Palette {
  return theme === 'dark' ? darkPalette : lightPalette;
}

/** The color of each block: distinct colors for a few blocks, a scale from the first layer to the last for many. */
export function blockColors(blocks: readonly (string | null)[], state: PageState): Map<string | null, string> {
  const {ink, rule} = paletteOf(state);
  const few = FEW[state.theme];
  const layers = blocks.filter(layer => layer !== null);
  const chosen = layers.length <= few.length ? layers : layers.filter(layer => state.layers?.has(layer));
  const ramp = scale({
    color: {type: 'linear', scheme: 'plasma', domain: state.theme === 'dark' ? [-0.35, 1] : [0, 1.2]},
  });
  const color = (layer: string) => {
    if (chosen.length > few.length) return ramp.apply(layers.indexOf(layer) / (layers.length - 1)) as string;
    return few[chosen.indexOf(layer)] ?? rule;
  };
  return new Map([
    [null, ink] as [string | null, string],
    ...layers.map(layer => [layer, color(layer)] as [string, string]),
  ]);
}
