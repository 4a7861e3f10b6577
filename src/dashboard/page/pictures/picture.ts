import type {PageState, RunData} from '../state.js';

/** A line of what is said about a place in a picture. */
export interface Reading {
  readonly color?: string;
  readonly name: string;
  readonly value: string;
}

/** What a place in a picture says. */
export interface Readings {
  readonly title: string;
  readonly lines: readonly Reading[];
}

/** A picture that has been drawn. */
export interface Drawn {
  readonly svg: SVGSVGElement;
  /** Steps to pixels, where the picture goes over time. */
  readonly time: {readonly toPixel: (step: number) => number; readonly toStep: (pixel: number) => number} | null;
  /** What there is at a pixel; nothing where there is nothing to say. */
  read(x: number, y: number): Readings | null;
}

/** One of the page's pictures. */
export interface Picture {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  /** As wide as the page. */
  readonly isWide?: boolean;
  /** `null` where there is nothing to draw. */
  draw(state: PageState, data: RunData, width: number): Drawn | null;
}

/** The shared size of pictures over time. */
export const HEIGHT = 230;
export const MARGINS = {marginLeft: 52, marginRight: 14, marginTop: 14, marginBottom: 34} as const;

export const seriesLabel = (layer: string | null): string => layer ?? 'whole network';
