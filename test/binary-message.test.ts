import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {decodeMessage, encodeMessage} from '../src/binary-message.js';
import {TfjsHessianError} from '../src/errors.js';

const arrays = fc.oneof(fc.float32Array(), fc.float64Array(), fc.int32Array(), fc.uint8Array());
const values = fc.letrec(tie => ({
  value: fc.oneof(
    {maxDepth: 3},
    fc.string(),
    fc.integer(),
    fc.constant(null),
    arrays,
    fc.array(tie('value'), {maxLength: 4}),
    fc.dictionary(
      fc.string().filter(name => name !== '__proto__' && name !== '$array'),
      tie('value'),
      {maxKeys: 4},
    ),
  ),
})).value;

describe('a binary message', () => {
  it.each([false, true])('has the data that it was made of, bit for bit, shared: %s', shared => {
    fc.assert(
      fc.property(values, value => {
        // A dictionary of fast-check may have no prototype.
        expect(decodeMessage(encodeMessage(value, shared))).toEqual(structuredClone(value));
      }),
      {numRuns: 200, seed: 1},
    );
  });

  it('can lie at any place in a larger piece of memory', () => {
    const value = {a: Float64Array.of(1, Number.NaN, -0), b: Float32Array.of(0.1)};
    const bytes = encodeMessage(value);
    for (const offset of [0, 1, 4, 8]) {
      const around = new Uint8Array(bytes.length + 16);
      around.set(bytes, offset);
      expect(decodeMessage(around.subarray(offset, offset + bytes.length))).toEqual(value);
    }
  });

  it('of another version, or of something else, is refused', () => {
    const bytes = encodeMessage([1]);
    bytes[4] = 200;
    expect(() => decodeMessage(bytes)).toThrow(/version 200.*reads version \d+; install the same version/);
    for (const other of [new Uint8Array(), new Uint8Array(64), new TextEncoder().encode('{"a": 1, "b": 22222222}')]) {
      expect(() => decodeMessage(other)).toThrow(TfjsHessianError);
    }
  });

  it('does not take arrays that it would not give back', () => {
    expect(() => encodeMessage({a: BigInt64Array.of(1n)})).toThrow(/cannot hold a BigInt64Array/);
  });
});
