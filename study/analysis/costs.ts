import type {Summary} from '../../bench/harness/summary.js';
import {summarize} from '../../bench/harness/summary.js';
import type {ArmName} from '../arms.js';
import {grouped} from '../grouped.js';
import type {TimingRecord} from '../records/training-record.js';

/** A training step's time in plain steps: median and quartiles over the rounds of the timing pass. */
export function stepCosts(timings: readonly TimingRecord[]): Map<string, Map<ArmName, Summary>> {
  return new Map(
    [...grouped(timings, ({model}) => model)].map(([model, of]) => [
      model,
      new Map(
        [...grouped(of, ({arm}) => arm)].map(([arm, rounds]) => [
          arm as ArmName,
          summarize(rounds.map(({milliseconds, plain}) => milliseconds / plain)),
        ]),
      ),
    ]),
  );
}
