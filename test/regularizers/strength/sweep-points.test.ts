import {describe, expect, it} from 'vitest';
import {randomBits, uniform} from '../../../src/random.js';
import type {StrengthRuns} from '../../../src/regularizers/strength/sweep-points.js';
import {sweepPoints} from '../../../src/regularizers/strength/sweep-points.js';

const PARTS = 10;
const shares = Array(PARTS).fill(1 / PARTS);

/** Runs whose losses are 1 plus an effect, plus noise of each repeat and of each part that all strengths share, plus their own. */
function runs(effects: readonly number[], noise: number, seed: number, repeats = 3): StrengthRuns[] {
  const bits = randomBits(seed, 0);
  const normal = () => Math.sqrt(-2 * Math.log(uniform(bits))) * Math.cos(2 * Math.PI * uniform(bits));
  const ofPart = shares.map(() => normal());
  const ofRepeat = Array.from({length: repeats}, () => normal());
  return [0, ...effects].map((effect, i) => {
    const partEffect = shares.map(() => (i === 0 ? 0 : normal()));
    return {
      strength: i,
      repeats: ofRepeat.map(common => {
        const own = i === 0 ? 0 : normal();
        return ofPart.map((part, p) => ({
          loss: 1 + effect + common + part + noise * (own + partEffect[p]!),
          metrics: {acc: 0.5 + effect},
        }));
      }),
    };
  });
}

const picked = (points: ReturnType<typeof sweepPoints>) => points.find(point => point.picked)!.strength;

describe('sweepPoints', () => {
  it('picks the strength with the lowest loss, however large the noise is that all strengths share', () => {
    const points = sweepPoints(runs([-0.1, -0.3, -0.2, 0.5], 0.01, 1), shares);
    expect(picked(points)).toBe(2);
    expect(points.filter(point => point.picked)).toHaveLength(1);
    // Noise of 0.01 over 3 repeats and 10 parts.
    expect(points[2]!.difference!.value).toBeCloseTo(-0.3, 1);
    expect(points.map(({metrics}) => metrics.acc)).toEqual(
      [0.5, 0.4, 0.2, 0.3, 1].map(value => expect.closeTo(value, 10)),
    );
  });

  it('picks 0 with a probability of at least 97.5 % if no strength has an effect', () => {
    const picks = Array.from({length: 1000}, (_, seed) => picked(sweepPoints(runs([0, 0, 0, 0, 0], 1, seed), shares)));
    // 2.5 %, and three standard deviations of 1000 draws more.
    expect(picks.filter(strength => strength !== 0).length).toBeLessThan(1000 * 0.025 + 3 * Math.sqrt(1000 * 0.025));
  });

  it('covers the true difference with its 95 % interval', () => {
    const inside = Array.from({length: 1000}, (_, seed) => {
      const {value, standardError} = sweepPoints(runs([0.7], 1, seed), shares)[1]!.difference!;
      return Math.abs(value - 0.7) <= 1.96 * standardError!;
    });
    // 95 %, less three standard deviations of 1000 draws. Both scatters count twice what they share, so more is right too.
    expect(inside.filter(Boolean).length).toBeGreaterThan(930);
  });

  it('leaves out a strength whose training diverges', () => {
    const [none, good, bad] = runs([-0.5, -0.9], 0.01, 3) as [StrengthRuns, StrengthRuns, StrengthRuns];
    const broken = {
      ...bad,
      repeats: bad.repeats.map((parts, i) => (i === 1 ? parts.map(part => ({...part, loss: Number.NaN})) : parts)),
    };
    const points = sweepPoints([none, good, broken], shares);
    expect(picked(points)).toBe(1);
    expect(points[2]).toMatchObject({loss: null, difference: null, picked: false});
    expect(points[2]!.losses[1]).toBeNull();
    expect(JSON.parse(JSON.stringify(points))).toEqual(points);
  });
});
