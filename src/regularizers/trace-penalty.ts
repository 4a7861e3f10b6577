import type {ProbeDistribution} from '../random.js';

/** What a training step asks of a penalty on traces: how a trace is estimated, when, and how much it counts. */
export interface TracePenalty {
  readonly probes: number;
  readonly distribution: ProbeDistribution;
  /** 1 where no entry of a probe is dropped. */
  readonly keep: number;
  readonly probe: 'independent' | 'joint';
  readonly curvature: 'hessian' | 'gaussNewton';
  /** It is applied on each n-th step, n times as strongly. */
  readonly every: number;
  /** The batch's first rows that it takes; `null`: all. */
  readonly subBatch: number | null;
  readonly seed: number;
  /** λ at a step. */
  strengthAt(step: number): number;
  /** Whether it adds anything to a step. */
  isDue(step: number): boolean;
}
