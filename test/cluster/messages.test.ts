import {expect, it} from 'vitest';
import {redisAddress} from '../../src/cluster/redis/redis-address.js';
import {InvalidArgumentError} from '../../src/errors.js';

it.each([
  'not a url secret',
  'http://u:secret@host',
  'redis://u:secret@host/path',
  'redis://u:secret@host?x=secret',
  'redis://u:%secret@host',
  {host: 'h', password: ['secret']},
  {hots: 'secret'},
  ['secret'],
  Object.assign(() => {}, {secret: 1}),
])('an address that is wrong (%#) is refused without its value', given => {
  let error: unknown;
  try {
    redisAddress('connection', given);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(InvalidArgumentError);
  expect(`${(error as Error).stack}`.replace(/\n.*/s, '')).not.toContain('secret');
  expect((error as Error).cause).toBeUndefined();
});

it('a password is in the options and in no text', () => {
  const {options, shown, mask} = redisAddress('connection', 'rediss://me:p%40ss@[::1]:7000/2');
  expect(options).toEqual({host: '::1', port: 7000, db: 2, username: 'me', password: 'p@ss', tls: {}});
  expect(shown).toBe('rediss://[::1]:7000/2');
  expect(mask('AUTH me p@ss failed')).toBe('AUTH me *** failed');
});
