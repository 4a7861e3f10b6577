import {setTimeout as pause} from 'node:timers/promises';
import type {Summary} from './summary.js';
import {summarize} from './summary.js';

/** Runs something once and returns the milliseconds it took. */
export type Contestant = () => Promise<number>;

export interface PairedArgs {
  /** Approximate milliseconds in total. */
  readonly budget: number;
  /** The least number of rounds; default 3. */
  readonly atLeast?: number;
  /** The largest number of rounds; default 40. */
  readonly atMost?: number;
}

/** Times of several contestants that ran in turn, round by round, each between two runs of the baseline. */
export interface Paired {
  /** Milliseconds. */
  readonly times: Record<string, Summary>;
  /** A contestant's time over the mean of the baseline's before and after it. */
  readonly ratios: Record<string, Summary>;
  /** One contestant's time over another's of the same round. */
  between(name: string, other: string): Summary;
  readonly rounds: number;
}

/**
 * Runs contestants in turn, so that other load on the machine affects all of them and a ratio compares adjacent runs.
 *
 * Every second round runs in reverse order, so that the order does not matter. One round warms up.
 */
export async function paired(
  baseline: Contestant,
  contestants: Readonly<Record<string, Contestant>>,
  {budget, atLeast = 3, atMost = 40}: PairedArgs,
): Promise<Paired> {
  const names = Object.keys(contestants);
  const rows: Record<string, {time: number; ratio: number}>[] = [];
  const bases: number[] = [];
  // The threads of a peer may spin for a moment.
  const settled = async (run: Contestant) => {
    await pause(3);
    return run();
  };
  await baseline();
  for (const name of names) await contestants[name]!();
  const began = performance.now();
  for (let round = 0; round < atMost; round++) {
    const elapsed = performance.now() - began;
    // On a busy machine, use few rounds rather than take an hour.
    const limit = round >= atLeast ? budget : 3 * budget;
    if (round > 0 && elapsed * (1 + 1 / round) > limit) break;
    const row: Record<string, {time: number; ratio: number}> = {};
    let before = await settled(baseline);
    bases.push(before);
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const time = await settled(contestants[name]!);
      const after = await settled(baseline);
      bases.push(after);
      row[name] = {time, ratio: (2 * time) / (before + after)};
      before = after;
    }
    rows.push(row);
  }
  const column = (name: string, key: 'time' | 'ratio') => summarize(rows.map(row => row[name]![key]));
  return {
    times: {baseline: summarize(bases), ...Object.fromEntries(names.map(name => [name, column(name, 'time')]))},
    ratios: Object.fromEntries(names.map(name => [name, column(name, 'ratio')])),
    between: (name, other) => summarize(rows.map(row => row[name]!.time / row[other]!.time)),
    rounds: rows.length,
  };
}

/** A contestant that runs one of our own functions. */
export function timed(run: () => unknown): Contestant {
  return async () => {
    const began = performance.now();
    await run();
    return performance.now() - began;
  };
}
