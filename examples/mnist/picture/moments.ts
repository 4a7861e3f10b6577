import type {BlockSpectrum, HessianSample} from 'tfjs-hessian';
import type {Run} from '../run.js';

/** The name of the whole network, beside those of its layers. */
export const wholeNetwork = 'whole network';

/** One block's spectrum at one moment of one run: the data of the picture's marks. */
export interface Moment {
  readonly run: string;
  readonly block: string;
  /** The n-th sample of its run. */
  readonly row: number;
  readonly step: number;
  readonly spectrum: BlockSpectrum;
}

export function momentsOf(runs: readonly Run[]): Moment[] {
  return runs.flatMap(({name, samples}) =>
    samples.flatMap((sample, row) =>
      blocksOf(sample).map(([block, spectrum]) => ({run: name, block, row, step: sample.step, spectrum})),
    ),
  );
}

/** The whole network, then its layers. */
export function blocksOf({full, layers}: HessianSample): [name: string, spectrum: BlockSpectrum][] {
  return [[wholeNetwork, full], ...layers.map(layer => [layer.name, layer] as [string, BlockSpectrum])];
}
