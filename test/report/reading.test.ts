import {describe, expect, it} from 'vitest';
import {reading} from '../../src/report/reading.js';
import {makeSample} from '../sinks/make-sample.js';

const withTop = (value: number) => {
  const {full, layers} = makeSample(1);
  return {full: {...full, largest: [{value, residual: 0}]}, layers};
};

describe('reading', () => {
  it('compares the largest eigenvalue with the learning rate, and names the page and the next commands', () => {
    const [rate, next, ...more] = reading(withTop(40));
    expect(rate).toMatch(/gradient descent without momentum is stable below 2 \/ 40 = 0\.05\.$/);
    expect(next).toMatch(/docs\/reading-the-numbers\.md.*report --checkpoints.*tfjs-hessian advise run\.ndjson/);
    expect(more).toEqual([]);
  });

  it('names no learning rate where no eigenvalue is above zero', () => {
    expect(reading(withTop(0))).toHaveLength(1);
    expect(reading(withTop(-1))).toHaveLength(1);
    const {full, layers} = makeSample(1);
    expect(reading({full: {...full, largest: []}, layers})).toHaveLength(1);
  });
});
