import type {LossFunction} from './losses.js';

/** Classes and functions of the user that a saved model refers to by name. */
export interface CustomObjects {
  /** Names of layer classes, which are registered with tfjs-layers. */
  readonly classes: ReadonlySet<string>;
  /** Losses of targets and predictions, by name. */
  readonly losses: ReadonlyMap<string, LossFunction>;
}

export const noCustomObjects: CustomObjects = {classes: new Set(), losses: new Map()};
