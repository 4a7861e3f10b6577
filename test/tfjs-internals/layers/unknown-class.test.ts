import {io} from '@tensorflow/tfjs-core';
import {layers, loadLayersModel, regularizers, sequential} from '@tensorflow/tfjs-layers';
import {beforeAll, expect, it} from 'vitest';
import {unknownClass} from '../../../src/tfjs-internals/layers/unknown-class.js';
import {useEngine} from '../../engines.js';

beforeAll(() => useEngine('cpu'));

it('finds the class that tfjs-layers does not know, of any kind, in its own message', async () => {
  const model = sequential({layers: [layers.dense({units: 1, inputShape: [1], kernelRegularizer: regularizers.l2()})]});
  const json = JSON.stringify(model.toJSON(null, false));
  const failure = async (changed: string) =>
    loadLayersModel(io.fromMemory({modelTopology: JSON.parse(changed)})).then(
      () => 'loaded',
      (error: Error) => unknownClass(error.message),
    );
  expect(await failure(json)).toBe('loaded');
  expect(await failure(json.replace('"Dense"', '"Denser"'))).toEqual({kind: 'layer', className: 'Denser'});
  expect(await failure(json.replace('"L1L2"', '"L3"'))).toEqual({kind: 'regularizer', className: 'L3'});
});

it('finds none in other messages', () => {
  for (const text of ['', 'Unknown', 'The layer says: Unknown layer: A. ', 'Unknown loss']) {
    expect(unknownClass(text)).toBeNull();
  }
});
