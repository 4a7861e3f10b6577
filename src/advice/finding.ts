/** What to do about a finding: act on it, look at it, or only know it. */
export type FindingLevel = 'act' | 'look' | 'note';

/** What a training's curvature says. Plain data that survives JSON. */
export interface Finding {
  /** The name of the rule, such as `beyond-edge`. */
  readonly rule: string;
  readonly level: FindingLevel;
  /** The layer; `null` for the whole network. */
  readonly layer: string | null;
  /** What was found, with the numbers. */
  readonly text: string;
  /** The numbers that the finding rests on. */
  readonly evidence: Readonly<Record<string, number>>;
  /** How sure it is, in words: an exact fact, a trend beyond chance, an interval, or how many samples agree. */
  readonly certainty: string;
  /** What to try; empty where nothing has to be done. */
  readonly tryThis: string;
}
