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

/** Milliseconds of a run after which there are no more warm-ups, and of which one is enough. */
const LONG = 1500;

/**
 * Times one thing over and over, after warm-ups: the first run starts CUDA's libraries, and the second or third may compile. What
 * takes long is not warmed up more than needed.
 */
export async function measure(run: () => unknown, {budget, atMost = 100, warmUp = 3}: MeasureArgs): Promise<Measured> {
  const timed = async () => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  const first = await timed();
  const times = [await timed()];
  for (let i = 1; i < warmUp && first + times[0]! < 2 * LONG; i++) times[0] = await timed();
  const began = performance.now();
  while (times[0]! < LONG && (times.length < 3 || (performance.now() - began < budget && times.length < atMost)))
    times.push(await timed());
  await pause(1);
  return {...summarize(times), first};
}
