import {describe, expect, it} from 'vitest';
import type {Node, Value} from '../../src/graph/graph.js';
import {graphOf} from '../../src/graph/graph.js';
import type {Executor} from '../../src/graph/interpret.js';
import {interpreter} from '../../src/graph/interpret.js';

const value = (): Value => ({shape: [], dtype: 'float32'});
const node = (op: string, inputs: Value[], ...outputs: Value[]): Node<string> => ({op, inputs, outputs});

/** A number in an object, so that owners can be counted. */
interface Box {
  readonly number: number;
}

class BoxExecutor implements Executor<string, Box> {
  readonly open = new Set<Box>();
  constructor(private readonly constants: ReadonlyMap<Value, number> = new Map()) {}

  run({op, outputs}: Node<string>, inputs: readonly Box[]): Box[] {
    if (op === 'throw') throw new Error('not today');
    const numbers = inputs.map(({number}) => number);
    const result = op === 'add' ? numbers.reduce((a, b) => a + b) : numbers.reduce((a, b) => a * b);
    return outputs.map((_, i) => this.box(result + i));
  }

  dispose(box: Box): void {
    if (!this.open.delete(box)) throw new Error('disposed twice, or not owned');
  }

  share({number}: Box): Box {
    return this.box(number);
  }

  constant(of: Value): Box {
    return {number: this.constants.get(of)!};
  }

  private box(number: number): Box {
    const box = {number};
    this.open.add(box);
    return box;
  }
}

describe('the interpreter', () => {
  it('runs the nodes and disposes of all operands except the outputs', () => {
    const [x, c, a, b, unread, y] = [value(), value(), value(), value(), value(), value()];
    const executor = new BoxExecutor(new Map([[c, 10]]));
    const run = interpreter(
      graphOf([x], [node('add', [x, c], a), node('mul', [a, a], b, unread), node('add', [a, b], y)], [y, b]),
      executor,
    );
    for (const number of [1, 2]) {
      const outputs = run([{number}]);
      const sum = number + 10;
      expect(outputs.map(({number}) => number)).toEqual([sum + sum ** 2, sum ** 2]);
      expect(executor.open).toEqual(new Set(outputs));
      for (const output of outputs) executor.dispose(output);
    }
  });

  it('shares inputs, constants and repeated outputs, so that each output has its own reference', () => {
    const [x, c, y] = [value(), value(), value()];
    const executor = new BoxExecutor(new Map([[c, 3]]));
    const outputs = interpreter(graphOf([x], [node('add', [x, x], y)], [x, c, y, y]), executor)([{number: 2}]);
    expect(outputs.map(({number}) => number)).toEqual([2, 3, 4, 4]);
    expect(executor.open.size).toBe(4);
  });

  it('disposes of all operands if a node throws', () => {
    const [x, a, b, y] = [value(), value(), value(), value()];
    const executor = new BoxExecutor();
    const graph = graphOf([x], [node('add', [x, x], a), node('mul', [a, a], b), node('throw', [a, b], y)], [y]);
    expect(() => interpreter(graph, executor)([{number: 2}])).toThrow('not today');
    expect(executor.open.size).toBe(0);
  });
});
