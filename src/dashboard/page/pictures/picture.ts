import type {PageState, RunData} from '../state.js';

/** A line of the text for a place in a picture. */
export interface Reading {
  readonly color?: string;
  readonly name: string;
  readonly value: string;
}

/** The text for a place in a picture. */
export interface Readings {
  readonly title: string;
  readonly lines: readonly Reading[];
}

/** A drawn picture. */
export interface Drawn {
  readonly svg: SVGSVGElement;
  /** The height of what is below the frame, in pixels. */
  readonly below?: number;
  /** Where the arrow keys move: over the moments, and over the rows if there are several. */
  readonly cells?: {
    readonly steps: readonly number[];
    readonly rows: number;
    at(moment: number, row: number): readonly [x: number, y: number];
  };
  /** The conversion between steps and pixels, if the picture has a time axis. */
  readonly time: {readonly toPixel: (step: number) => number; readonly toStep: (pixel: number) => number} | null;
  /** The text for a pixel; `null` if there is nothing to say. */
  read(x: number, y: number): Readings | null;
}

/** One of the page's pictures. */
export interface Picture {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  /** Whether it is as wide as the page. */
  readonly isWide?: boolean;
  /** Why there is nothing to draw; `null`: the picture is left out. */
  missing?(data: RunData): string | null;
  /** Draws the picture; `null` if there is nothing to draw. */
  draw(state: PageState, data: RunData, width: number): Drawn | null;
}

/** The height of pictures with a time axis. */
export const HEIGHT = 244;
export const MARGINS = {marginLeft: 52, marginRight: 14, marginTop: 26, marginBottom: 36} as const;

export const seriesLabel = (layer: string | null): string => layer ?? 'whole network';
