import type {ProbeDistribution} from '../random.js';

/** A penalty on traces of the curvature, as training steps read it: how a trace is estimated, when, and how much it counts. */
export interface TracePenalty {
  readonly probes: number;
  readonly distribution: ProbeDistribution;
  /** The share of a probe's entries that stay; 1 if none is dropped. */
  readonly keep: number;
  readonly probe: 'independent' | 'joint';
  readonly curvature: 'hessian' | 'gaussNewton';
  /** It is applied on each n-th step, n times as strongly. */
  readonly every: number;
  /** How many of the batch's first rows it takes; `null`: all. */
  readonly subBatch: number | null;
  readonly seed: number;
  /** λ at a step. */
  strengthAt(step: number): number;
}

/** The number of the step that runs, from 1. A compiled step asks again in each step. */
export type StepNumber = () => number;

/** Whether a penalty adds anything to a training step. */
export function isDue(penalty: TracePenalty, step: number): boolean {
  return step % penalty.every === 0 && penalty.strengthAt(step) !== 0;
}

/** What the traces are multiplied by in a step for which the penalty is due. */
export function factorAt(penalty: TracePenalty, step: number): number {
  return penalty.strengthAt(step) * penalty.every;
}
