import {expect, it} from 'vitest';
import {fromExactJson, toExactJson} from '../../src/cluster/messages/exact-json.js';
import {packMessage, unpackMessage} from '../../src/cluster/messages/packed-message.js';
import {redisAddress} from '../../src/cluster/redis/redis-address.js';
import {ClusterError, InvalidArgumentError} from '../../src/errors.js';

const data = {
  names: ['a', '\u0000-0', ''],
  numbers: [0, -0, Number.NaN, Number.POSITIVE_INFINITY, 0.1 + 0.2, 5e-324],
  tensors: [
    {shape: [2, 1], dtype: 'float32', values: new Float32Array([1.5, -0])},
    {shape: [3], dtype: 'bool', values: new Uint8Array([1, 0, 1])},
    {shape: [], dtype: 'int32', values: new Int32Array([-7])},
    {shape: [0], dtype: 'float32', values: new Float32Array(0)},
  ],
  nothing: null,
};

it('every number and every tensor comes back with the same bits', () => {
  expect(fromExactJson(toExactJson(data.numbers))).toEqual(data.numbers);
  expect(unpackMessage(packMessage(data))).toEqual(data);
});

it('bytes that are no message, or that were changed anywhere in their header, are refused or give other data, and never more', () => {
  const bytes = packMessage(data);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => unpackMessage(bytes.subarray(0, length))).toThrow(ClusterError);
  }
  for (let place = 0; place < 400 && place < bytes.length; place++) {
    const changed = Buffer.from(bytes);
    changed[place] = changed[place]! ^ 0x11;
    try {
      unpackMessage(changed);
    } catch (error) {
      expect(error).toBeInstanceOf(ClusterError);
    }
  }
  const larger = Buffer.from(bytes.toString('latin1').replace('[2,1]', '[9e9]'), 'latin1');
  expect(() => unpackMessage(larger)).toThrow(ClusterError);
  const newer = Buffer.from(bytes);
  newer.writeUInt32LE(2, 4);
  expect(() => unpackMessage(newer)).toThrow(/version 2.*reads version 1; install the same/);
});

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
