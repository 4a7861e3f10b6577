import {setTimeout as pause} from 'node:timers/promises';
import type {Summary} from '../harness/summary.js';
import {summarize} from '../harness/summary.js';

/** Milliseconds of one thing. */
export interface Measured extends Summary {
  /** Of the first run, which compiles and translates. */
  readonly first: number;
}

export interface MeasureArgs {
  /** Milliseconds for one thing. */
  readonly budget: number;
  readonly atMost?: number;
  /** Runs that are not counted. */
  readonly warmUp?: number;
}

/** Times one thing over and over. What takes longer than the budget runs twice in all. */
export async function measure(run: () => unknown, {budget, atMost = 100, warmUp = 2}: MeasureArgs): Promise<Measured> {
  const timed = async () => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  const first = await timed();
  // The first run of all includes the start of CUDA's libraries, so that one more tells what is slow.
  const second = await timed();
  const times = [second];
  if (second < budget) {
    for (let i = 0; i < warmUp; i++) times[0] = await timed();
    const began = performance.now();
    while (times.length < 3 || (performance.now() - began < budget && times.length < atMost)) times.push(await timed());
  }
  await pause(1);
  return {...summarize(times), first};
}
