import {expect, it} from 'vitest';
import {readOptions} from '../../study/options.js';

it('the arms of a run are those of either part', () => {
  expect(readOptions([])!.arms).toBeNull();
  expect(readOptions(['--arm', 'sam, middle,none'])!.arms).toEqual(['sam', 'middle', 'none']);
});

it('an unknown arm is an error that names all', () => {
  expect(() => readOptions(['--arm', 'adam'])).toThrow(/--arm is adam; it must be one of none, htr, .*sam, htr-all/);
});
