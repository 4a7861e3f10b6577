import {similarity} from 'tfjs-hessian';
import {describe, expect, it} from 'vitest';
import {depthAnswer} from '../../study/analysis/depth.js';
import {valueDistance} from '../../study/analysis/value-distance.js';
import type {EncodedSpectrum} from '../../study/recipe/epoch-spectra.js';
import {decoded, watchedImages} from '../../study/recipe/epoch-spectra.js';
import type {SpectraRecord} from '../../study/records/recipe-folder.js';

const base64 = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');

const block = (layer: string | null, nodes: readonly number[]): EncodedSpectrum => ({
  ...{layer, parameters: layer === null ? 20 : 10},
  nodes: base64(nodes),
  weights: base64([0.5, 0.25, 0.25]),
});

const training = (seed: number, scale: number): SpectraRecord => ({
  ...{setting: 'lenet-mnist', seed},
  epochs: [0, 1].map(epoch => ({
    epoch,
    blocks: [block(null, [0, 1, 4 * scale]), block('a', [0, 2, 4]), block('b', [-1, epoch, 4 * scale])],
  })),
});

describe('distance against depth', () => {
  const random = new Map([[10, {nodes: [[-1, 0, 1]], weights: [[0.25, 0.5, 0.25]]}]]);
  const trainings = [training(1, 1), training(2, 2)];

  it('is the sum over epochs, divided by the largest layer’s, averaged over seeds', () => {
    const answer = depthAnswer(trainings, 'positions', random);
    const sums = trainings.map(({epochs}) =>
      [1, 2].map(i =>
        epochs.reduce((sum, {blocks}) => sum + similarity(decoded(blocks[i]!), decoded(blocks[0]!)).wasserstein, 0),
      ),
    );
    for (const i of [0, 1]) {
      const expected = sums.reduce((sum, of) => sum + of[i]! / Math.max(...of), 0) / 2;
      expect(answer.layers[i]!.to.own!.mean).toBeCloseTo(expected, 12);
    }
    expect(answer.layers.map(({name, parameters}) => [name, parameters])).toEqual([
      ['a', 10],
      ['b', 10],
    ]);
    for (const seed of [0, 1]) expect(Math.max(...sums[seed]!)).toBeGreaterThan(0);
  });

  it('has the distance of a layer to the other seeds’ networks beside it, in the same unit', () => {
    const [one, two] = trainings;
    const answer = depthAnswer(trainings, 'values', random);
    const between = (from: SpectraRecord, i: number, to: SpectraRecord) =>
      [0, 1].reduce(
        (sum, epoch) =>
          sum + valueDistance(decoded(from.epochs[epoch]!.blocks[i]!), decoded(to.epochs[epoch]!.blocks[0]!)),
        0,
      );
    const largest = (of: SpectraRecord) => Math.max(between(of, 1, of), between(of, 2, of));
    const expected = (between(one!, 1, two!) / largest(one!) + between(two!, 1, one!) / largest(two!)) / 2;
    expect(answer.layers[0]!.to['other seeds']!.mean).toBeCloseTo(expected, 12);
    expect(depthAnswer([one!], 'values', random).layers[0]!.to['other seeds']).toBeNull();
  });
});

describe('the images of spectra', () => {
  it('are equally many of each class, and always the same', () => {
    const images = {
      shape: [1, 1, 1] as const,
      pixels: Uint8Array.from({length: 100}, (_, i) => i),
      labels: Uint8Array.from({length: 100}, (_, i) => (i * 7) % 4),
    };
    const watched = watchedImages(images, 4, 5);
    expect([0, 1, 2, 3].map(c => [...watched.labels].filter(label => label === c).length)).toEqual([5, 5, 5, 5]);
    expect(watchedImages(images, 4, 5)).toEqual(watched);
  });
});
