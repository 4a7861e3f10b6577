import {check} from '../../arguments/check.js';
import {listOf} from '../../arguments/kinds.js';
import {recordOf} from '../../arguments/record.js';
import {similaritySchema} from '../record-schemas.js';
import type {LayerSpectrum} from '../records.js';

const layersSchema = listOf(
  recordOf<Pick<LayerSpectrum, 'similarity'>>("a layer's spectrum, with its similarity")({
    similarity: similaritySchema,
  }),
  "a list of layers' spectra",
);

/** Ranks of some numbers, 1 for the smallest; equal ones share the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  return values.map(value => {
    const less = values.filter(other => other < value).length;
    const equal = values.filter(other => other === value).length;
    return less + (equal + 1) / 2;
  });
}

/**
 * The rank of the middlemost layer (the mean of both for an even number of layers) by the similarity of its spectrum
 * to the whole network's: 1 = no layer's is more similar.
 *
 * Similarity is the Wasserstein distance. NaN for fewer than three layers.
 *
 * Source: Sankar, Khasbage, Vigneswaran & Balasubramanian (AAAI 2021), whose middle layers are the most similar.
 *
 * @example
 * const rank = middleMostSimilar((await layerwiseSpectra(network)).layers);
 */
export function middleMostSimilar(layers: readonly Pick<LayerSpectrum, 'similarity'>[]): number {
  check('layers', layersSchema, layers);
  if (layers.length < 3) return Number.NaN;
  const order = ranks(layers.map(({similarity}) => similarity.wasserstein));
  const half = layers.length / 2;
  const middle = layers.length % 2 === 0 ? [half - 1, half] : [Math.floor(half)];
  return middle.reduce((sum, i) => sum + order[i]!, 0) / middle.length;
}
