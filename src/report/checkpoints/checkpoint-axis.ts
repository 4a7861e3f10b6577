import type {Checkpoint} from './checkpoint.js';

/** Where checkpoints are on an axis. */
export interface CheckpointAxis {
  /** The place of each checkpoint, in their order. */
  readonly places: readonly number[];
  /** What the places count; `null` if they only number the checkpoints. */
  readonly unit: string | null;
}

/**
 * The axis of checkpoints: the number in their names if they differ in it alone (`step-2`, `step-10`), else 1, 2, 3, …
 */
export function checkpointAxis(checkpoints: readonly Pick<Checkpoint, 'name'>[]): CheckpointAxis {
  const parts = checkpoints.map(({name}) => /^(.*?)(\d+(?:\.\d+)?)(\D*)$/.exec(name));
  const [first] = parts;
  const isNumbered =
    checkpoints.length > 1 && parts.every(part => part && part[1] === first![1] && part[3] === first![3]);
  if (!isNumbered) return {places: checkpoints.map((_, i) => i + 1), unit: null};
  const places = parts.map(part => Number(part![2]));
  const unit = first![1]!.replaceAll(/[^\p{L}\p{N}]+/gu, ' ').trim();
  if (new Set(places).size < places.length) return {places: checkpoints.map((_, i) => i + 1), unit: null};
  return {places, unit: unit || 'checkpoint'};
}
