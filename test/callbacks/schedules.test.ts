import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Schedule, ScheduleContext} from '../../src/callbacks/schedules.js';
import {
  allOf,
  anyOf,
  atBatches,
  atEpochs,
  everyBatches,
  everyEpochs,
  geometric,
  onTrainBegin,
  onTrainEnd,
  when,
  withinBudget,
} from '../../src/callbacks/schedules.js';
import {InvalidArgumentError} from '../../src/errors.js';

interface Training {
  readonly epochs: number;
  readonly batches: number;
  /** Duration of the n-th step in milliseconds. */
  readonly stepTime?: (step: number) => number;
  /** Duration of the n-th sample in milliseconds. */
  readonly sampleTime?: (index: number) => number;
}

/** Simulates a training with its own clock. */
function simulate(schedule: Schedule, {epochs, batches, stepTime = () => 1, sampleTime = () => 0}: Training) {
  const taken: Pick<ScheduleContext, 'event' | 'epoch' | 'batch' | 'step' | 'elapsed' | 'sampling'>[] = [];
  let [step, sampledStep, elapsed, sampling] = [0, -1, 0, 0];
  let predicted: number | null = null;
  const moment = (event: ScheduleContext['event'], epoch: number, batch: number | null) => {
    if (sampledStep === step) return;
    const context = {event, epoch, batch, step, elapsed, sampling, lastSample: null};
    const fit = {index: 0, epoch, step};
    if (!schedule({...context, fit, predicted: predicted ?? 10 * stepTime(0)})) return;
    taken.push(context);
    sampledStep = step;
    predicted = sampleTime(taken.length - 1);
    elapsed += predicted;
    sampling += predicted;
  };
  moment('trainBegin', 0, null);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let batch = 0; batch < batches; batch++) {
      elapsed += stepTime(step++);
      moment('batchEnd', epoch, batch);
    }
    moment('epochEnd', epoch, null);
  }
  moment('trainEnd', epochs - 1, null);
  return {taken, steps: taken.map(sample => sample.step), elapsed, sampling};
}

const trainings = fc.record({epochs: fc.integer({min: 1, max: 12}), batches: fc.integer({min: 1, max: 12})});

describe('A schedule', () => {
  it('everyBatches(n) fires after n, 2n, … steps, independent of epochs', () => {
    fc.assert(
      fc.property(trainings, fc.integer({min: 1, max: 20}), (training, n) => {
        const {steps} = simulate(everyBatches(n), training);
        const all = training.epochs * training.batches;
        expect(steps).toEqual(Array.from({length: Math.floor(all / n)}, (_, i) => (i + 1) * n));
      }),
    );
  });

  it('everyEpochs(n) fires at the end of every n-th epoch', () => {
    fc.assert(
      fc.property(trainings, fc.integer({min: 1, max: 5}), (training, n) => {
        const {taken} = simulate(everyEpochs(n), training);
        expect(taken.map(({epoch, batch}) => [epoch, batch])).toEqual(
          Array.from({length: Math.floor(training.epochs / n)}, (_, i) => [(i + 1) * n - 1, null]),
        );
      }),
    );
  });

  it('atEpochs and atBatches fire at the given epochs and steps only', () => {
    expect(simulate(atEpochs([0, 2, 99]), {epochs: 4, batches: 3}).steps).toEqual([3, 9]);
    expect(simulate(atBatches([1, 7, 99]), {epochs: 4, batches: 3}).steps).toEqual([1, 7]);
  });

  it('geometric({first, ratio}) fires at the rounded powers', () => {
    expect(simulate(geometric(), {epochs: 4, batches: 5}).steps).toEqual([1, 2, 4, 8, 16]);
    fc.assert(
      fc.property(fc.integer({min: 1, max: 9}), fc.double({min: 1.01, max: 4, noNaN: true}), (first, ratio) => {
        const powers = new Set<number>();
        for (let n = 0; first * ratio ** n < 150.5; n++) powers.add(Math.round(first * ratio ** n));
        expect(simulate(geometric({first, ratio}), {epochs: 15, batches: 10}).steps).toEqual(
          [...powers].filter(step => step <= 150),
        );
      }),
    );
  });

  it('anyOf fires when one schedule does, allOf when all do', () => {
    fc.assert(
      fc.property(trainings, fc.integer({min: 1, max: 7}), fc.integer({min: 1, max: 7}), (training, m, n) => {
        const [a, b, any, all] = [
          everyBatches(m),
          everyBatches(n),
          anyOf(everyBatches(m), everyBatches(n)),
          allOf(everyBatches(m), everyBatches(n)),
        ].map(schedule => new Set(simulate(schedule, training).steps)) as [
          Set<number>,
          Set<number>,
          Set<number>,
          Set<number>,
        ];
        for (let step = 1; step <= training.epochs * training.batches; step++) {
          expect(any.has(step)).toBe(a.has(step) || b.has(step));
          expect(all.has(step)).toBe(a.has(step) && b.has(step));
        }
      }),
    );
  });

  it('samples a step once, even if two of its parts are due', () => {
    expect(simulate(anyOf(everyEpochs(1), everyBatches(3), onTrainEnd()), {epochs: 2, batches: 3}).steps).toEqual([
      3, 6,
    ]);
  });

  it('onTrainBegin and onTrainEnd fire before the first and after the last step', () => {
    const {taken} = simulate(anyOf(onTrainBegin(), onTrainEnd()), {epochs: 2, batches: 2});
    expect(taken.map(({event, step}) => [event, step])).toEqual([
      ['trainBegin', 0],
      ['trainEnd', 4],
    ]);
  });

  it('when() receives the moment', () => {
    const schedule = when(({event, epoch, batch}) => event === 'batchEnd' && epoch === 1 && batch === 2);
    expect(simulate(schedule, {epochs: 3, batches: 4}).steps).toEqual([7]);
  });

  const times = fc.array(fc.double({min: 0.1, max: 100, noNaN: true}), {minLength: 1, maxLength: 20});
  const cycle = (values: number[]) => (i: number) => values[i % values.length]!;
  const shares = fc.double({min: 0.01, max: 0.9, noNaN: true});

  it('withinBudget never exceeds its share by more than one sample', () => {
    fc.assert(
      fc.property(shares, times, times, (share, steps, samples) => {
        const [stepTime, sampleTime] = [cycle(steps), cycle(samples)];
        const {taken, elapsed, sampling} = simulate(withinBudget(share), {
          epochs: 10,
          batches: 30,
          stepTime,
          sampleTime,
        });
        // Before each sample the share was kept, so only the newest sample can exceed it.
        for (const before of taken) expect(before.sampling).toBeLessThanOrEqual(share * before.elapsed);
        const last = taken.length > 0 ? sampleTime(taken.length - 1) : 0;
        expect(sampling).toBeLessThanOrEqual(share * elapsed + last);
      }),
    );
  });

  it('withinBudget keeps its share if all samples take equally long', () => {
    fc.assert(
      fc.property(shares, fc.double({min: 0.1, max: 10, noNaN: true}), (share, stepTime) => {
        // The duration of the first sample is predicted correctly.
        const sampleTime = 10 * stepTime;
        const training = {epochs: 10, batches: 40, stepTime: () => stepTime, sampleTime: () => sampleTime};
        const {taken, elapsed, sampling} = simulate(withinBudget(share), training);
        // Also in between, up to rounding.
        for (const before of taken) {
          expect(before.sampling + sampleTime).toBeLessThanOrEqual(share * (before.elapsed + sampleTime) * (1 + 1e-12));
        }
        expect(sampling).toBeLessThanOrEqual(share * elapsed * (1 + 1e-12));
        // And the share is used: one more sample and step would exceed it.
        expect(sampling + sampleTime).toBeGreaterThan(share * (elapsed + sampleTime - stepTime) * (1 - 1e-12) - 1e-9);
      }),
    );
  });

  it('refuses invalid arguments', () => {
    for (const make of [
      () => everyEpochs(0),
      () => everyBatches(1.5),
      () => atEpochs([-1]),
      () => atBatches('1' as never),
      () => geometric({ratio: 1}),
      () => geometric({first: 0}),
      () => withinBudget(1),
      () => withinBudget(Number.NaN),
      () => anyOf(),
      () => allOf(3 as never),
      () => when('now' as never),
    ]) {
      expect(make).toThrow(InvalidArgumentError);
    }
  });
});
