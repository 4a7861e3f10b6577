/** What came out of a claim, in a word: all comparisons that it needs, some, none, or some the other way. */
export type Outcome = 'holds' | 'holds in part' | 'not shown' | 'does not hold';

/** A claim's part of the document. */
export interface Claim {
  readonly title: string;
  /** As the paper's abstract has it, in our words. */
  readonly claim: string;
  readonly outcome: Outcome;
  /** Its numbers in a few words, for the table at the top. */
  readonly inShort: string;
  /** The verdict in a sentence or two, with its numbers. */
  readonly verdict: string;
  readonly picture: {readonly name: string; readonly svg: string; readonly alt: string};
  /** Tables and what belongs to them. */
  readonly body: string;
  readonly wouldChange: string;
}

/** Chances below this count, after correction. */
export const LEVEL = 0.05;
