import {describe, expect, it} from 'vitest';
import {activeNodes} from '../../src/graph/activity.js';
import type {Node, Value} from '../../src/graph/graph.js';

const value = (dtype = 'float32'): Value => ({shape: [], dtype});
const all = ({inputs}: Node<string>) => inputs.map((_, i) => i);

describe('activity analysis', () => {
  it('finds the nodes between inputs and outputs, and their active operands', () => {
    const [x, w, a, b, aside, y] = [value(), value(), value(), value(), value(), value()];
    const nodes: Node<string>[] = [
      {op: 'square', inputs: [w], outputs: [a]},
      {op: 'matmul', inputs: [x, a], outputs: [b]},
      {op: 'log', inputs: [b], outputs: [aside]},
      {op: 'sum', inputs: [b], outputs: [y]},
    ];
    const found = activeNodes(nodes, [w], [y], all);
    expect(found.map(({node, active}) => [node.op, active])).toEqual([
      ['square', [0]],
      ['matmul', [1]],
      ['sum', [0]],
    ]);
  });

  it('stops at integers and at operands that are not differentiable', () => {
    const [x, whole, y, z] = [value(), value('int32'), value(), value()];
    const nodes: Node<string>[] = [
      {op: 'cast', inputs: [x], outputs: [whole]},
      {op: 'gather', inputs: [whole], outputs: [y]},
      {op: 'step', inputs: [x], outputs: [z]},
    ];
    expect(activeNodes(nodes, [x], [y], all)).toEqual([]);
    expect(activeNodes(nodes, [x], [z], () => [])).toEqual([]);
  });

  it('leaves out nodes that make a start value', () => {
    const [x, a, y] = [value(), value(), value()];
    const nodes: Node<string>[] = [
      {op: 'exp', inputs: [x], outputs: [a]},
      {op: 'mul', inputs: [x, a], outputs: [y]},
    ];
    expect(activeNodes(nodes, [a], [y], all).map(({node}) => node.op)).toEqual(['mul']);
    expect(activeNodes(nodes, [x, a], [y], all).map(({node, active}) => [node.op, active])).toEqual([['mul', [0, 1]]]);
  });
});
