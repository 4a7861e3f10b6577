import {describe, expect, it} from 'vitest';
import {withoutCommonNodes} from '../../src/graph/common-nodes.js';
import {withoutDeadNodes} from '../../src/graph/dead-nodes.js';
import {foldConstants} from '../../src/graph/fold-constants.js';
import type {Graph, Node, Value} from '../../src/graph/graph.js';
import {graphOf} from '../../src/graph/graph.js';
import {lastUses} from '../../src/graph/last-uses.js';
import {mergeDiagonals} from '../../src/graph/merge-diagonals.js';
import {withoutPassThrough} from '../../src/graph/pass-through.js';
import {print} from '../../src/graph/print.js';
import {signature} from '../../src/graph/signature.js';

type Op = string;

const value = (...shape: number[]): Value => ({shape, dtype: 'float32'});
const literal = (...numbers: number[]): Value => ({shape: [numbers.length], dtype: 'int32', literal: numbers});
const node = (op: Op, inputs: Value[], ...outputs: Value[]): Node<Op> => ({op, inputs, outputs});
const printed = (graph: Graph<Op>) => `\n${print(graph, {words: op => op})}\n`;
const effectOf = ({op}: Node<Op>) => (op === 'reshape' ? 'reshape' : op === 'identity' ? 'none' : 'other');

describe('withoutPassThrough', () => {
  it('removes nodes that change nothing', () => {
    const [x, same, flat, y] = [value(2, 3), value(2, 3), value(2, 3), value(2, 3)];
    const graph = graphOf(
      [x],
      [node('identity', [x], same), node('reshape', [same, literal(2, 3)], flat), node('neg', [flat], y)],
      [y],
    );
    expect(printed(withoutPassThrough(graph, effectOf))).toMatchInlineSnapshot(`
      "
      inputs %0: float32[2,3]
        %1: float32[2,3] = neg(%0)
      outputs %1
      "
    `);
  });

  it('lets consecutive reshapes read the input of the first', () => {
    const [x, middle, y, z] = [value(6), value(2, 3), value(3, 2), value(3, 2)];
    const graph = graphOf(
      [x],
      [node('reshape', [x, literal(2, 3)], middle), node('reshape', [middle, literal(3, 2)], y), node('neg', [y], z)],
      [z],
    );
    expect(printed(withoutDeadNodes(withoutPassThrough(graph, effectOf)))).toMatchInlineSnapshot(`
      "
      inputs %0: float32[6]
        %1: float32[3,2] = reshape(%0, [3,2])
        %2: float32[3,2] = neg(%1)
      outputs %2
      "
    `);
  });

  it('keeps a node that makes an output', () => {
    const [x, y] = [value(2), value(2)];
    const graph = graphOf([x], [node('identity', [x], y)], [y]);
    expect(withoutPassThrough(graph, effectOf)).toEqual(graph);
  });
});

describe('withoutDeadNodes', () => {
  it('removes nodes that no output depends on', () => {
    const [x, held, unread, dead, y] = [value(2), value(2), value(2), value(2), value(2)];
    const graph = graphOf(
      [x],
      [node('exp', [x], dead), node('log', [unread], value(2)), node('mul', [x, held], y)],
      [y],
    );
    expect(printed(withoutDeadNodes(graph))).toMatchInlineSnapshot(`
      "
      inputs %0: float32[2]
      constants c1: float32[2]
        %1: float32[2] = mul(%0, c1)
      outputs %1
      "
    `);
  });
});

describe('withoutCommonNodes', () => {
  const common = (graph: Graph<Op>) => withoutDeadNodes(withoutCommonNodes(graph, identityOf));
  const identityOf = ({op}: Node<Op>) => (op === 'random' ? null : {words: op, isCommutative: op === 'add'});

  it('leaves one of several nodes that compute the same, and one of equal literals', () => {
    const [x, a, b, c, d, y] = [value(6), value(2, 3), value(2, 3), value(2, 3), value(2, 3), value(2, 3)];
    const graph = graphOf(
      [x],
      [
        node('reshape', [x, literal(2, 3)], a),
        node('reshape', [x, literal(2, 3)], b),
        node('exp', [a], c),
        node('exp', [b], d),
        node('mul', [c, d], y),
      ],
      [y],
    );
    expect(printed(common(graph))).toMatchInlineSnapshot(`
      "
      inputs %0: float32[6]
        %1: float32[2,3] = reshape(%0, [2,3])
        %2: float32[2,3] = exp(%1)
        %3: float32[2,3] = mul(%2, %2)
      outputs %3
      "
    `);
  });

  it('keeps nodes with other inputs, in another order, with another op, or that draw numbers', () => {
    const [x, z, ...made] = [value(2), value(2), value(2), value(2), value(2), value(2), value(2)];
    const [a, b, c, d, e] = made as [Value, Value, Value, Value, Value];
    const nodes = [
      node('sub', [x, z], a),
      node('sub', [z, x], b),
      node('div', [x, z], c),
      node('random', [x], d),
      node('random', [x], e),
    ];
    const graph = graphOf([x, z], nodes, [a, b, c, d, e]);
    const sum = value(2);
    const used = graphOf([x, z], [...nodes, node('sum', made, sum)], [sum]);
    expect(common(graph)).toEqual(graph);
    expect(common(used)).toEqual(used);
  });

  it('keeps a node that makes an output', () => {
    const [x, a, b] = [value(2), value(2), value(2)];
    const graph = graphOf([x], [node('exp', [x], a), node('exp', [x], b)], [a, b]);
    expect(common(graph)).toEqual(graph);
  });

  it('takes sums in another order for the same, and constants with the same content', () => {
    const [x, one, again, a, b, z] = [value(2), value(), value(), value(2), value(2), value(2)];
    const graph = graphOf([x], [node('add', [x, one], a), node('add', [again, x], b), node('mul', [a, b], z)], [z]);
    const merged = withoutCommonNodes(graph, identityOf, constant => (constant === again ? one : constant));
    expect(merged.constants).toEqual([one]);
    expect(merged.nodes).toEqual([graph.nodes[0], node('mul', [a, a], z)]);
    expect(common(graph).nodes).toHaveLength(3);
  });
});

describe('foldConstants', () => {
  it('evaluates nodes that only read constants, unless their result is large or an output', () => {
    const [x, a, small, large, put, y] = [value(2), value(2), value(2), value(64, 65), value(2), value(2)];
    const graph = graphOf(
      [x],
      [node('exp', [a], small), node('tile', [a], large), node('neg', [small], put), node('mul', [x, small, large], y)],
      [y, put],
    );
    const evaluated: Op[] = [];
    expect(printed(foldConstants(graph, ({op}) => void evaluated.push(op)))).toMatchInlineSnapshot(`
      "
      inputs %0: float32[2]
      constants c1: float32[2], c2: float32[2]
        %1: float32[64,65] = tile(c1)
        %2: float32[2] = neg(c2)
        %3: float32[2] = mul(%0, c2, %1)
      outputs %3, %2
      "
    `);
    expect(evaluated).toEqual(['exp']);
  });
});

describe('mergeDiagonals', () => {
  const join = (first: Node<Op>, second: Node<Op>) =>
    first.op.startsWith('diag') && second.op.startsWith('diag') ? `${first.op}·${second.op}` : null;

  it('merges adjacent factors if no other node reads the value between them', () => {
    const [x, a, b, c, y] = [value(2), value(2), value(2), value(2), value(2)];
    const graph = graphOf(
      [x],
      [node('diag1', [x], a), node('diag2', [a], b), node('diag3', [b], c), node('matmul', [c], y)],
      [y],
    );
    expect(printed(mergeDiagonals(graph, join))).toMatchInlineSnapshot(`
      "
      inputs %0: float32[2]
        %1: float32[2] = diag1·diag2·diag3(%0)
        %2: float32[2] = matmul(%1)
      outputs %2
      "
    `);
  });

  it('does not merge factors if the value between them has another reader or is an output', () => {
    const [x, a, b, c] = [value(2), value(2), value(2), value(2)];
    const twice = graphOf([x], [node('diag1', [x], a), node('diag2', [a], b), node('add', [a, b], c)], [c]);
    expect(mergeDiagonals(twice, join)).toEqual(twice);
    const output = graphOf([x], [node('diag1', [x], a), node('diag2', [a], b)], [a, b]);
    expect(mergeDiagonals(output, join)).toEqual(output);
  });
});

describe('lastUses', () => {
  it('lists values after their last reader, never inputs, constants or outputs', () => {
    const [x, held, a, b, unread, y] = [value(2), value(2), value(2), value(2), value(2), value(2)];
    const graph = graphOf([x], [node('mul', [x, held], a), node('split', [a], b, unread), node('add', [a, b], y)], [y]);
    expect(lastUses(graph)).toEqual([[], [unread], [a, b]]);
  });
});

describe('signature', () => {
  const reshaped = (...shape: number[]) => {
    const [x, y] = [value(6), value(...shape)];
    return graphOf([x], [node('reshape', [x, literal(...shape)], y)], [y]);
  };
  const of = (graph: Graph<Op>) => signature(graph, op => op);

  it('is the same for graphs that differ only in object identity', () => {
    expect(of(reshaped(2, 3))).toBe(of(reshaped(2, 3)));
  });

  it('differs if a literal, a shape, an op or an operand differs', () => {
    const [x, held, y] = [value(2), value(2), value(2)];
    const graphs = [
      reshaped(2, 3),
      reshaped(3, 2),
      graphOf([x], [node('add', [x, held], y)], [y]),
      graphOf([x], [node('add', [held, x], y)], [y]),
      graphOf([x], [node('mul', [x, held], y)], [y]),
      graphOf([x], [node('add', [x, x], y)], [y]),
    ];
    expect(new Set(graphs.map(of)).size).toBe(graphs.length);
  });
});
