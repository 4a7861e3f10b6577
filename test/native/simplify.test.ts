import {describe, expect, it} from 'vitest';
import type {NativeOp, OpList, Value} from '../../src/native/op-list.js';
import {simplify, withoutUnread} from '../../src/native/simplify.js';

const value = (...shape: number[]): Value => ({shape, dtype: 1});
const op = (name: string, inputs: Value[], output: Value, attributes: NativeOp['attributes'] = []): NativeOp => ({
  name,
  attributes,
  inputs,
  outputs: [output],
});
const list = (input: Value, output: Value, ops: NativeOp[], constants: OpList['constants'] = new Map()): OpList => ({
  inputs: [input],
  outputs: [output],
  ops,
  constants,
});
const cast = (from: number, to: number): NativeOp['attributes'] => [
  {name: 'SrcT', type: 0, value: from},
  {name: 'DstT', type: 0, value: to},
];

describe('a simplified list of ops', () => {
  it('does without ops that change nothing', () => {
    const [x, same, still, flat, y] = [value(2, 3), value(2, 3), value(2, 3), value(2, 3), value(2, 3)];
    const shape = value(2);
    const {ops} = simplify(
      list(x, y, [
        op('Identity', [x], same),
        op('Cast', [same], still, cast(1, 1)),
        op('Reshape', [still, shape], flat),
        op('Neg', [flat], y),
      ]),
    );
    expect(ops).toEqual([op('Neg', [x], y)]);
    expect(ops[0]!.inputs[0]).toBe(x);
  });

  it('keeps a cast to another type, and an op that makes the output', () => {
    const [x, whole, y] = [value(2), value(2), value(2)];
    const ops = [op('Cast', [x], whole, cast(1, 3)), op('Identity', [whole], y)];
    expect(simplify(list(x, y, ops)).ops).toEqual(ops);
  });

  it('takes of reshapes in a row the last', () => {
    const [x, middle, y, z] = [value(6), value(2, 3), value(3, 2), value(3, 2)];
    const [a, b] = [value(2), value(2)];
    const {ops} = withoutUnread(
      simplify(list(x, z, [op('Reshape', [x, a], middle), op('Reshape', [middle, b], y), op('Neg', [y], z)])),
    );
    expect(ops.map(({name}) => name)).toEqual(['Reshape', 'Neg']);
    expect(ops[0]!.inputs).toEqual([x, b]);
    expect(ops[0]!.inputs[0]).toBe(x);
  });

  it('leaves out what nobody reads and what makes a constant', () => {
    const [x, held, unread, y] = [value(2), value(2), value(2), value(2)];
    const raw = value(2);
    const constants = new Map([
      [held, {id: 1, owned: false}],
      [raw, {id: 2, owned: false}],
    ]);
    const {ops, constants: left} = withoutUnread(
      simplify(list(x, y, [op('Exp', [raw], held), op('Exp', [x], unread), op('Mul', [x, held], y)], constants)),
    );
    expect(ops.map(({name}) => name)).toEqual(['Mul']);
    expect([...left.keys()]).toEqual([held]);
  });
});
