import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {decodeMessage, encodeMessage} from '../src/binary-message.js';
import {TfjsHessianError} from '../src/errors.js';

const arrays = fc.oneof(fc.float32Array(), fc.float64Array(), fc.int32Array(), fc.uint8Array());
const values = fc.letrec(tie => ({
  value: fc.oneof(
    {maxDepth: 3},
    fc.string(),
    fc.double(),
    fc.constantFrom('\u0000-0', '\u0000'),
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

  it('that was cut or changed anywhere is refused, or gives other data of the same size, and never more', () => {
    const bytes = encodeMessage({names: ['a'], values: Float32Array.of(1.5, -0), flags: Uint8Array.of(1, 0, 1)});
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeMessage(bytes.subarray(0, length))).toThrow(TfjsHessianError);
    }
    for (let place = 0; place < bytes.length; place++) {
      for (const change of [0x01, 0x11, 0x80]) {
        const changed = bytes.slice();
        changed[place] = changed[place]! ^ change;
        try {
          decodeMessage(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(TfjsHessianError);
        }
      }
    }
  });

  it.each([
    ['a length beyond its bytes', {$array: ['Float32Array', 9e9]}],
    ['a type that there is not', {$array: ['constructor', 1]}],
    ['no length', {$array: 0}],
    ['a negative length', {$array: ['Uint8Array', -8]}],
    ['a deep nest', JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`)],
  ])('whose text has %s is refused', (_what, value) => {
    const json = new TextEncoder().encode(JSON.stringify(value));
    const bytes = new Uint8Array(Math.ceil((16 + json.length) / 8) * 8);
    bytes.set(encodeMessage(0).subarray(0, 16));
    new DataView(bytes.buffer).setUint32(8, json.length, true);
    bytes.set(json, 16);
    expect(() => decodeMessage(bytes)).toThrow(/not a message of tfjs-hessian: .+/);
  });

  it('holds a Buffer of Node as bytes, and no object that would be taken for an array', () => {
    expect(decodeMessage(encodeMessage({bytes: Buffer.from('abc')}))).toEqual({bytes: Uint8Array.of(97, 98, 99)});
    expect(() => encodeMessage({a: {$array: 0}})).toThrow(/the name "\$array"/);
  });

  it('does not take arrays that it would not give back', () => {
    expect(() => encodeMessage({a: BigInt64Array.of(1n)})).toThrow(/cannot hold a BigInt64Array/);
  });
});
