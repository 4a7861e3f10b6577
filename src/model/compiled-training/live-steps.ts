import type {CompiledStep} from './compiled-step.js';

/** The number of compiled steps of all models. */
const MOST_STEPS = 48;

/** The number of ops in them. An op takes about 20 kB, so they are as much as 0.8 GB. */
const MOST_OPS = 40_000;

/** The compiled steps of all models, by last use, each with what drops it. */
const live = new Map<CompiledStep, () => void>();

/**
 * Notes that a step is about to run. Before a new one, steps that have not run for longest are dropped, of whatever model, until
 * the others are few enough and have few enough ops. A dropped step is compiled again when it runs again.
 *
 * @param drop disposes of the step, so that its model makes a new one.
 */
export function noteUse(step: CompiledStep, drop: () => void): void {
  if (!live.delete(step)) makeRoom();
  live.set(step, drop);
}

/** Notes that a step has been disposed of. */
export function forget(step: CompiledStep): void {
  live.delete(step);
}

function makeRoom(): void {
  let ops = 0;
  for (const step of live.keys()) ops += step.ops;
  for (const [step, drop] of live) {
    if (live.size < MOST_STEPS && ops <= MOST_OPS) return;
    ops -= step.ops;
    live.delete(step);
    drop();
  }
}
