import type {Claim} from './claim.js';
import type {Evidence} from './evidence.js';

/** A claim, and what each way of testing says of it. */
export interface JudgedClaim extends Claim {
  /** Of its page. */
  readonly name: string;
  readonly byProtocol: Evidence;
  /** On up to all images. */
  readonly byFairComparison: Evidence;
}
