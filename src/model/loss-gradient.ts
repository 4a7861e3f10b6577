import type {Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {recordAgain, takesGradients} from '../autodiff/forward-mode/nested-gradients.js';
import type {RecordedGradient} from '../autodiff/forward-mode/recorded-gradient.js';
import {withOwned} from '../owned.js';
import {intoScope} from '../tfjs-internals/core/tensors.js';
import type {Batch} from './batch.js';
import {flatten} from './flattening.js';
import type {WeightedLayer} from './layers/weighted-layers.js';
import {variablesOf} from './layers/weighted-layers.js';
import type {RecordedLossArgs} from './recorded-loss.js';
import {withRecordedLoss} from './recorded-loss.js';

/**
 * ∇L of a model's loss on a batch in the layers' weights, `[size]`, in the scope of the caller. If the loss takes a gradient itself,
 * it is the derivative, which TensorFlow.js' own gradient is not.
 *
 * @throws as `withRecordedLoss`.
 */
export function lossGradient(
  model: LayersModel,
  layers: readonly WeightedLayer[],
  batch: Batch,
  args: Pick<RecordedLossArgs, 'seed' | 'regularizers'>,
): Tensor1D {
  const variables = variablesOf(layers);
  const shapes = variables.map(({shape}) => shape);
  const kept = withRecordedLoss(model, batch, {...args, gradientIn: variables}, ({recorded}) =>
    withOwned(owned => {
      const isNested = takesGradients(recorded.recording.ownGradients);
      const {gradients}: RecordedGradient = isNested ? owned.use(recordAgain(recorded, variables)) : recorded;
      return tf.tidy(() => tf.keep(flatten(gradients, shapes)));
    }),
  );
  return intoScope(kept) as Tensor1D;
}
