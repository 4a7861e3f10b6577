import {describe, expect, it} from 'vitest';
import {renamed, sharedNames} from '../../../src/dashboard/page/same-layers.js';
import {RunBook} from '../../../src/dashboard/runs/run-book.js';
import {makeSample} from '../../sinks/make-sample.js';

/** The view of a run whose layers have these names and as many parameters, with a penalty on the first one. */
function viewOf(layers: readonly string[]) {
  const book = new RunBook();
  book.add(makeSample(0, {layers: [...layers]}));
  book.addPenalty({step: 10, total: 3, layers: {[layers[0]!]: 3}});
  return book.run(book.runs[0]!.key)!.view({blocks: [0, 1, 2], from: null, to: null});
}

const shown = viewOf(['dense_1', 'dense_2']);

describe('the names of the layers of a compared run', () => {
  it('are those of the shown run where the models are alike', () => {
    const names = sharedNames(shown.all, viewOf(['dense_3', 'dense_4']).all);
    expect([...names!]).toEqual([
      ['dense_3', 'dense_1'],
      ['dense_4', 'dense_2'],
    ]);
  });

  it.each<[string, string[]]>([
    ['the same', ['dense_1', 'dense_2']],
    ['at other places', ['dense_2', 'dense_1']],
    ['in part at other places', ['dense_2', 'dense_3']],
    ['more', ['dense_3', 'dense_4', 'dense_5']],
    ['fewer', ['dense_3']],
  ])('are their own if they are %s', (_, layers) => {
    expect(sharedNames(shown.all, viewOf(layers).all)).toBeNull();
  });

  it('are their own if a layer has another class or size', () => {
    const {all} = viewOf(['dense_3', 'dense_4']);
    const changed = (change: object) => all.map((block, place) => (place === 2 ? {...block, ...change} : block));
    expect(sharedNames(shown.all, changed({className: 'Conv2D'}))).toBeNull();
    expect(sharedNames(shown.all, changed({parameters: 7}))).toBeNull();
    expect(sharedNames(shown.all, changed({}))).not.toBeNull();
  });

  it('are used in all of a view', () => {
    const view = viewOf(['dense_3', 'dense_4']);
    const names = sharedNames(shown.all, view.all);
    const {all, blocks, penalty, ...rest} = renamed(view, names);
    const {all: _, blocks: __, penalty: ___, ...same} = view;
    expect(all).toEqual(shown.all);
    expect(blocks.map(({layer}) => layer)).toEqual([null, 'dense_1', 'dense_2']);
    expect(penalty!.layers.map(({layer}) => layer)).toEqual(['dense_1']);
    expect(rest).toEqual(same);
    expect(renamed(view, null)).toBe(view);
  });
});
