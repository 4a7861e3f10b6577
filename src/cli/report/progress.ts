import type {Tensor2D} from '@tensorflow/tfjs-core';
import {productsOf, type SampleWork} from '../../callbacks/cost/sample-work.js';
import {type LayerSelection, selectLayers} from '../../model/layers/layer-selection.js';
import type {DatasetProgress} from '../../operators/curvature-args.js';
import type {LinearOperator, NetworkOperator} from '../../operators/linear-operator.js';
import {type ProgressBar, progressBar} from '../terminal/progress-bar.js';

/** The work of `layerwiseSpectra`. */
export interface Work extends SampleWork {
  readonly layers: LayerSelection<NetworkOperator['layers'][number]>;
}

/** Counts the products with the network and its blocks, and on a terminal shows them in a progress bar. */
export function watchProducts() {
  let bar: ProgressBar | null = null;
  let done = 0;
  const count = <T extends LinearOperator>(operator: T): Pick<T, 'size' | 'matvec' | 'matmat' | 'dispose'> => ({
    size: operator.size,
    matvec: v => {
      const product = operator.matvec(v);
      bar?.update(++done);
      return product;
    },
    matmat: (V: Tensor2D) => {
      const products = operator.matmat(V);
      done += V.shape[1];
      bar?.update(done);
      return products;
    },
    dispose: () => operator.dispose(),
  });
  return {
    watch(network: NetworkOperator, {layers, ...work}: Work): NetworkOperator {
      const sizes = [network.size, ...selectLayers(network.layers, layers).map(({size}) => size)];
      const total = sizes.reduce((sum, size) => sum + productsOf(size, work), 0);
      bar = progressBar(`product {value} of ${total}`, total);
      return {
        ...count(network),
        loss: network.loss,
        layers: network.layers,
        block: name => count(network.block(name)),
        gradient: () => network.gradient(),
      };
    },
    /** Shows the progress of a pass over a data set. */
    onBatch({done: batch, batches}: DatasetProgress): void {
      bar?.note(`batch ${batch} of ${batches}`);
    },
    end: () => bar?.stop(),
  };
}
