import type {RunView} from '../answers.js';

/** The number of layers that are shown by default. */
const FIRST = 7;

/** All layers if there are few; otherwise the network and the sharpest layers. */
export function firstLayers(all: RunView['all'], {top}: RunView['heat']): (string | null)[] {
  if (all.length <= FIRST + 1) return all.map(({layer}) => layer);
  const layers = all.slice(1).map(({layer}, i) => ({layer, top: top[i]?.at(-1) ?? Number.NEGATIVE_INFINITY}));
  const sharpest = layers.sort((a, b) => b.top - a.top).slice(0, FIRST);
  return [null, ...sharpest.map(({layer}) => layer)];
}
