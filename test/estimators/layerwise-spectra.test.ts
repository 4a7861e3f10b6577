import {Matrix} from 'ml-matrix';
import {describe, expect, it} from 'vitest';
import {eigenvalues} from '../../src/estimators/eigenvalues.js';
import {layerwiseSpectra} from '../../src/estimators/layerwise-spectra.js';
import {spectrum} from '../../src/estimators/spectrum.js';
import type {LayerwiseSpectra} from '../../src/metrics/records.js';
import type {NetworkOperator} from '../../src/operators/linear-operator.js';
import {blockNetwork, coverage, onCpuWithoutLeaks, SPECTRA, sum, using, withSpectrum} from './synthetic.js';

onCpuWithoutLeaks();

function network() {
  const matrixOf = (values: readonly number[], seed: number) => {
    const op = withSpectrum(values, seed);
    op.dispose();
    return op.matrix;
  };
  return blockNetwork([
    {name: 'first', matrix: matrixOf(SPECTRA.uniform(50), 1)},
    {name: 'bias', matrix: matrixOf([3, -1], 2)},
    {
      name: 'outer/inner',
      matrix: matrixOf(
        SPECTRA.outliers(50).map(x => 2 * x),
        3,
      ),
    },
    {name: 'last', matrix: matrixOf(SPECTRA.slowDecay(40), 4)},
  ]);
}

describe('layerwiseSpectra', () => {
  it('returns the spectra of the network and of every layer', async () => {
    await using(network(), async net => {
      const {full, layers} = await layerwiseSpectra(net, {steps: 20, probes: 4});
      expect(full.parameters).toBe(142);
      expect(layers.map(({name, index, className, parameters}) => [name, index, className, parameters])).toEqual([
        ['first', 0, 'Dense', 50],
        ['bias', 1, 'Dense', 2],
        ['outer/inner', 2, 'Dense', 50],
        ['last', 3, 'Dense', 40],
      ]);
      expect(layers[0]!.largest[0]!.value).toBeCloseTo(2, 3);
      expect(layers[2]!.largest[0]!.value).toBeCloseTo(20, 3);
      expect(full.largest[0]!.value).toBeCloseTo(20, 3);
    });
  });

  it("averages the network's trace with the sum of the layers' traces if they hold all parameters", async () => {
    const op = network();
    const exact = sum([
      ...SPECTRA.uniform(50),
      ...[3, -1],
      ...SPECTRA.outliers(50).map(x => 2 * x),
      ...SPECTRA.slowDecay(40),
    ]);
    let [errors, squaredErrors] = [0, 0];
    await using(op, async net => {
      const share = await coverage(exact, 60, async seed => {
        const args = {steps: 15, probes: 2, traceProbes: 4, seed};
        const {full, layers} = await layerwiseSpectra(net, args);
        const alone = await layerwiseSpectra(net, {...args, layers: ['first', 'last']});
        const fromLayers = Math.hypot(...layers.map(({trace}) => trace.standardError!));
        expect(full.trace.standardError!).toBeCloseTo(
          1 / Math.hypot(1 / alone.full.trace.standardError!, 1 / fromLayers),
          6,
        );
        squaredErrors += (alone.full.trace.value - exact) ** 2;
        errors += (full.trace.value - exact) ** 2;
        return full.trace;
      });
      expect(share).toBeGreaterThanOrEqual(0.9);
    });
    expect(errors).toBeLessThan(0.8 * squaredErrors);
  });

  it.each([20, 142])('compares the top eigenvectors of network and layers: %i steps', async steps => {
    await using(network(), async net => {
      // No layer is coupled with another: the two top eigenvectors of the network, 20 and about 17, lie in one layer.
      const {layers} = await layerwiseSpectra(net, {steps, probes: 2, k: 2});
      const [first, bias, inner, last] = layers.map(({topOverlap}) => topOverlap);
      expect(inner).toBeGreaterThan(0.999);
      expect(inner).toBeLessThanOrEqual(1);
      // Elsewhere there is nothing, or what rounding has left.
      for (const value of [first, bias, last]) expect(value === null || (value! >= 0 && value! <= 1)).toBe(true);
    });
  });

  it("has the part of the network's top eigenvectors in a layer that its own top eigenvectors span", async () => {
    const coupled = blockNetwork(
      [
        {name: 'a', matrix: Matrix.diag([5, 4, 1, 0.5])},
        {name: 'b', matrix: Matrix.diag([3, 2, 1])},
      ],
      1,
    );
    const {values, vectors} = await eigenvalues(coupled, {k: 2, vectors: true});
    expect(values[0]).toBeGreaterThan(values[1]!);
    const u = await vectors!.array();
    vectors!.dispose();
    const {layers} = await layerwiseSpectra(coupled, {steps: 20, k: 2});
    const share = (rows: number[][]): number => {
      const squares = (part: number[][]) => sum(part.flat().map(x => x * x));
      return squares(rows.slice(0, 2)) / squares(rows);
    };
    expect(layers[0]!.topOverlap).toBeCloseTo(share(u.slice(0, 4)), 4);
    expect(layers[1]!.topOverlap).toBeCloseTo(share(u.slice(4)), 4);
    expect(layers[0]!.topOverlap).toBeLessThan(0.999);
    coupled.dispose();
  });

  it('takes steps × probes products with the network and with each block, and as many as there are columns for small ones', async () => {
    await using(network(), async net => {
      await layerwiseSpectra(net, {steps: 20, probes: 2, traceProbes: 0});
      expect(net.products).toBe(3 * 40 + 2 + 40);
    });
  });

  it('returns at most as many ends as a small layer has parameters', async () => {
    await using(network(), async net => {
      const {full, layers} = await layerwiseSpectra(net, {steps: 20, probes: 2, k: 5});
      expect(full.largest).toHaveLength(5);
      expect(layers.map(({largest}) => largest.length)).toEqual([5, 2, 5, 5]);
    });
  });

  it('finds no distance between a network of one layer and that layer', async () => {
    const op = withSpectrum(SPECTRA.uniform(30));
    op.dispose();
    await using(blockNetwork([{name: 'only', matrix: op.matrix}]), async net => {
      const {layers} = await layerwiseSpectra(net, {steps: 30, probes: 2});
      expect(layers[0]!.similarity.wasserstein).toBeLessThan(1e-6);
      expect(layers[0]!.similarity.jensenShannon).toBeLessThan(1e-6);
    });
  });

  it('draws independent probes for each layer, the same ones whichever layers are selected', async () => {
    await using(network(), async net => {
      const all = await layerwiseSpectra(net, {steps: 10, probes: 2, seed: 3});
      const some = await layerwiseSpectra(net, {layers: ['last'], steps: 10, probes: 2, seed: 3});
      expect(some.layers).toEqual([all.layers[3]]);
      const alone = await spectrum(net.block('last'), {steps: 10, probes: 2, seed: 3});
      expect(alone.trace.value).not.toBe(all.layers[3]!.trace.value);
    });
  });

  it.each([
    {layers: 'all', names: ['first', 'bias', 'outer/inner', 'last']},
    {layers: 'middle', names: ['bias', 'outer/inner']},
    {layers: {middle: 1}, names: ['bias']},
    {layers: ['last', 'first'], names: ['first', 'last']},
    {layers: (layer: {size: number}) => layer.size > 40, names: ['first', 'outer/inner']},
  ] as const)('takes the selected layers only: $layers', async ({layers, names}) => {
    await using(network(), async net => {
      const result = await layerwiseSpectra(net, {layers, steps: 5, probes: 1});
      expect(result.layers.map(({name}) => name)).toEqual(names);
    });
  });

  it('names the nearest layer where one is not there, before any product', async () => {
    await using(network(), async net => {
      await expect(layerwiseSpectra(net, {layers: ['frist']})).rejects.toThrow(
        /"frist".*did you mean "first".*first, bias, outer\/inner, last/,
      );
      expect(net.products).toBe(0);
    });
  });

  it('refuses an operator without layers', async () => {
    await using(withSpectrum([1, 2]), async op => {
      await expect(layerwiseSpectra(op as unknown as NetworkOperator)).rejects.toThrow('spectrum(op)');
    });
  });

  it('survives JSON', async () => {
    await using(network(), async net => {
      const spectra = await layerwiseSpectra(net, {steps: 5, probes: 1});
      expect(JSON.parse(JSON.stringify(spectra)) as LayerwiseSpectra).toEqual(spectra);
    });
  });
});
