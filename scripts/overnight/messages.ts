// The messages between the script, which drives the browser, and the process that trains and serves the page.

/** What the training does next; it answers each with `Told`. */
export type Order =
  /** Takes samples up to this count as fast as the page takes them. */
  | {readonly kind: 'take'; readonly until: number}
  /** Takes so many samples with pauses, as a training does, and times them. */
  | {readonly kind: 'time'; readonly samples: number}
  | {readonly kind: 'end'};

/** How the training stands. */
export interface Told {
  readonly url: string;
  readonly samples: number;
  /** Bytes of the process: now, and the most since the last answer. */
  readonly bytes: number;
  readonly mostBytes: number;
  /** How long the training has waited for each timed sample, in milliseconds. */
  readonly waits: readonly number[];
}
