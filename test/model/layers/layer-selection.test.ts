import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/errors.js';
import {type LayerSelection, selectLayers} from '../../../src/model/layers/layer-selection.js';

const named = (...names: string[]): {name: string}[] => names.map(name => ({name}));

const four = named('conv_1', 'conv_2', 'dense_1', 'dense_2');
const five = named('conv_1', 'conv_2', 'outer/inner', 'dense_1', 'dense_2');

const pick = (layers: {name: string}[], selection?: LayerSelection): string[] =>
  selectLayers(layers, selection).map(({name}) => name);

describe('selectLayers', () => {
  it('selects all layers by default', () => {
    expect(pick(four)).toEqual(['conv_1', 'conv_2', 'dense_1', 'dense_2']);
  });

  it('selects the middle layer of an odd number, and the two middle layers of an even number', () => {
    expect(pick(five, 'middle')).toEqual(['outer/inner']);
    expect(pick(four, 'middle')).toEqual(['conv_2', 'dense_1']);
    expect(pick(named('only'), 'middle')).toEqual(['only']);
    expect(pick(named('a', 'b'), 'middle')).toEqual(['a', 'b']);
  });

  it('selects the n layers in the middle', () => {
    expect(pick(five, {middle: 3})).toEqual(['conv_2', 'outer/inner', 'dense_1']);
    expect(pick(five, {middle: 2})).toEqual(['conv_2', 'outer/inner']);
    expect(pick(four, {middle: 4})).toHaveLength(4);
  });

  it("keeps the model's order whatever the order of the names", () => {
    expect(pick(four, ['dense_2', 'conv_1'])).toEqual(['conv_1', 'dense_2']);
  });

  it('calls a predicate with the layer, its index and all layers', () => {
    expect(pick(four, ({name}, index, layers) => name.startsWith('conv') || index === layers.length - 1)).toEqual([
      'conv_1',
      'conv_2',
      'dense_2',
    ]);
  });

  it('names the nearest layer and all known layers for an unknown name', () => {
    expect(() => pick(four, ['dens_1'])).toThrow(/"dens_1".*did you mean "dense_1".*conv_1, conv_2, dense_1, dense_2/);
    expect(() => pick(four, ['unrelated'])).toThrow(/^(?!.*did you mean)/);
  });

  it('refuses to select more middle layers than there are', () => {
    expect(() => pick(four, {middle: 99})).toThrow(
      /layers is \{middle: 99\}, but there are only 4 layers .*ask for at most 4/,
    );
  });

  it.each([{middle: 0}, {middle: 1.5}, 'outer', 7, null])('refuses %s', selection => {
    expect(() => selectLayers(four, selection as unknown as LayerSelection)).toThrow(InvalidArgumentError);
  });
});
