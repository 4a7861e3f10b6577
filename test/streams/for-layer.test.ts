import {expect, it} from 'vitest';
import {forLayer} from '../../src/streams/for-layer.js';
import {marbles, point} from './points.js';

const values = {n: point(1), a: point(2, {layer: 'a'}), b: point(3, {layer: 'b'})};

it('passes only the points of one layer', () => {
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('-nabnab|', values).pipe(forLayer('a'))).toBe('--a--a-|', values);
  });
});

it('takes null for the network', () => {
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('-nabnab|', values).pipe(forLayer(null))).toBe('-n--n--|', values);
  });
});

it('passes errors on, and unsubscribes with its subscriber', () => {
  marbles(({cold, expectObservable, expectSubscriptions}) => {
    const failing = cold('-n#', values);
    expectObservable(failing.pipe(forLayer(null))).toBe('-n#', values);
    const source = cold('-n-n-n-', values);
    expectObservable(source.pipe(forLayer(null)), '^--!').toBe('-n-', values);
    expectSubscriptions(source.subscriptions).toBe('^--!');
  });
  expect.hasAssertions();
});
