import '@tensorflow/tfjs-backend-cpu';
import {describe, expect, it} from 'vitest';
import {eigenvalues} from '../../src/estimators/eigenvalues.js';
import {layerwiseSpectra} from '../../src/estimators/layerwise-spectra.js';
import {hessian} from '../../src/operators/hessian.js';
import {loadReferenceModel, readReference, referenceBatch} from '../references.js';
import {distanceTo, useCpu} from './synthetic.js';

useCpu();

const MODELS = ['mlp_tanh', 'cnn_relu_maxpool', 'lstm'];

/** Products of a recorded network differ from float64 by this, in units of ‖H‖. */
const PRODUCT = 2e-6;

describe.each(MODELS)('the spectra of %s', name => {
  const reference = readReference(name);

  it("are each layer's full list of float64 eigenvalues", async () => {
    const H = await hessian(await loadReferenceModel(name, reference), referenceBatch(reference));
    for (const {name: layer, size} of H.layers) {
      const expected = reference.perLayer[layer]!.eigenvalues;
      const {values, converged} = await eigenvalues(H.block(layer), {k: size});
      expect(converged).toBe(true);
      const norm = Math.max(...expected.map(Math.abs));
      values.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(PRODUCT * norm);
      });
    }
    H.dispose();
  });

  it('have the ends, traces and norms of the float64 ones within their bounds, for the network and for each layer', async () => {
    const H = await hessian(await loadReferenceModel(name, reference), referenceBatch(reference));
    const {full, layers} = await layerwiseSpectra(H, {steps: 15, probes: 3, k: 2, seed: 1});
    for (const [block, expected] of [
      [full, reference.full],
      ...layers.map(layer => [layer, reference.perLayer[layer.name]!] as const),
    ] as const) {
      const rounding = PRODUCT * expected.frobenius;
      for (const {value, residual} of [...block.largest, ...block.smallest]) {
        expect(distanceTo(expected.eigenvalues, value)).toBeLessThanOrEqual(residual + rounding);
      }
      // Four standard errors: one of a few dozen intervals may well miss at two.
      for (const estimate of ['trace', 'frobenius'] as const) {
        const {value, standardError} = block[estimate];
        expect(Math.abs(value - expected[estimate])).toBeLessThan(4 * standardError! + 50 * rounding);
      }
      const negative = expected.eigenvalues.filter(x => x < -PRODUCT * expected.frobenius).length / expected.parameters;
      expect(Math.abs(block.negativeMass.value - negative)).toBeLessThan(4 * block.negativeMass.standardError! + 0.02);
    }
    H.dispose();
  });
});
