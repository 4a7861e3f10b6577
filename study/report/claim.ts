/** The verdict on a claim: all needed comparisons support it, some, none, or some contradict it. */
export type Outcome = 'holds' | 'holds in part' | 'not shown' | 'does not hold';

export interface Picture {
  /** Of its file. */
  readonly name: string;
  readonly svg: string;
  readonly alt: string;
}

/** A claim's part of the document. */
export interface Claim {
  readonly title: string;
  /** The claim of the paper's abstract, in our words. */
  readonly claim: string;
  readonly outcome: Outcome;
  /** Its numbers in a few words, for the table at the top. */
  readonly inShort: string;
  /** The verdict in a sentence or two, with its numbers. */
  readonly verdict: string;
  readonly picture: Picture;
  /** Tables and their text. */
  readonly body: string;
  readonly wouldChange: string;
}

/** p-values below this are significant, after correction. */
export const LEVEL = 0.05;
