import * as Plot from '@observablehq/plot';
import type {Columns} from './style.js';
import {colors} from './style.js';

/** The heading of a column. */
export interface Head {
  readonly block: string;
  readonly parameters: number;
  /** The run that penalized this layer's trace. */
  readonly penalizedIn: string | null;
}

export function headMarks(heads: readonly Head[], {color}: Columns) {
  const place = {fx: 'block', frameAnchor: 'top-left', textAnchor: 'start', lineAnchor: 'bottom'} as const;
  return [
    Plot.text(heads, {...place, dy: -22, text: 'block', fill: colors.ink, fontSize: 16, fontWeight: 600}),
    Plot.text(heads, {...place, dy: -4, text: ({parameters}: Head) => `${parameters.toLocaleString('en')} parameters`}),
    Plot.text(
      heads.filter(({penalizedIn}) => penalizedIn !== null),
      {
        ...place,
        frameAnchor: 'top-right',
        textAnchor: 'end',
        dy: -4,
        text: () => 'penalized',
        fill: ({penalizedIn}: Head) => color(penalizedIn!),
        fontWeight: 600,
      },
    ),
  ];
}
