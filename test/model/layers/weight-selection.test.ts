import * as layers from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {check} from '../../../src/arguments/check.js';
import {selectTrainedWeights, weightSelection} from '../../../src/model/layers/weight-selection.js';
import {useEngine} from '../../engines.js';

function chain(biases: readonly boolean[]): layers.LayersModel {
  return layers.sequential({
    layers: biases.map((useBias, i) =>
      layers.layers.dense({name: `dense_${i}`, units: 2, useBias, ...(i === 0 && {inputShape: [2]})}),
    ),
  });
}

const middleHalf = (model: layers.LayersModel) =>
  selectTrainedWeights(model, {middle: 'half'}).flatMap(({variables}) => variables.map(({name}) => name));

describe('the middle half of the weights', () => {
  beforeAll(() => useEngine('cpu'));

  // ⌊n/4⌋ to ⌊3n/4⌋ inclusive, by hand.
  it.each([
    [[false], [0, 0]],
    [[true], [0, 1]],
    [
      [true, false],
      [0, 2],
    ],
    [
      [true, true],
      [1, 3],
    ],
    [
      [true, true, true],
      [1, 4],
    ],
    [
      [true, true, true, true, true],
      [2, 7],
    ],
  ])('of layers with biases %j has the indices %j', (biases, [from, to]) => {
    const model = chain(biases);
    const names = model.trainableWeights.map(({name}) => name);
    expect(middleHalf(model)).toEqual(names.slice(from, to! + 1));
  });

  it('is selected among the weights that are trained', () => {
    const model = chain([true, true, true, true]);
    model.getLayer('dense_0').trainable = false;
    const names = model.trainableWeights.map(({name}) => name);
    expect(names).toHaveLength(6);
    expect(middleHalf(model)).toEqual(names.slice(1, 5));
  });

  it('is no other word', () => {
    expect(() => check('layers', weightSelection(), {middle: 'third'})).toThrow(
      `middle is "third"; it must be a whole number of at least 1, or 'half'.`,
    );
    expect(check('layers', weightSelection(), {middle: 'half'})).toEqual({middle: 'half'});
    expect(check('layers', weightSelection(), {middle: 2})).toEqual({middle: 2});
  });
});
