import type {Optimizer, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, ModelCompileArgs} from '@tensorflow/tfjs-layers';
import {models} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import type {Disposable} from '../owned.js';
import {newVariables} from '../tfjs-internals/core/engine.js';
import {inScope} from '../tfjs-internals/core/tensors.js';
import {statefulLayers} from '../tfjs-internals/layers/layer.js';
import {
  compiledLoss,
  compiledMetrics,
  copyTargetShapes,
  layersOf,
  optimizerOf,
  replaceOptimizer,
  trainingModel,
} from '../tfjs-internals/layers/model.js';
import {copyOptimizer, disposeOptimizer} from '../tfjs-internals/layers/optimizer-copy.js';
import {replaceMathRandom} from '../tfjs-internals/math-random.js';
import type {Batch} from './batch.js';
import {standardizeBatch} from './batch.js';
import {lastingModel} from './lasting-model.js';
import {weightsInOrder} from './layers/weight-owners.js';
import {movedWeights, trainOnly} from './layers/weighted-layers.js';
import {seededRandom} from './undisturbed.js';

/**
 * A copy of a compiled model with the weights and the optimizer of the moment at which it was made. Training it leaves the
 * original alone: weights, moments, random numbers.
 */
export class ModelCopy implements Disposable {
  private constructor(
    readonly model: LayersModel,
    private readonly weights: readonly Tensor[],
    private readonly optimizer: Optimizer,
  ) {}

  /**
   * @throws InvalidArgumentError for a model that is not compiled, that cannot be made from its JSON, that has stateful layers, or
   *     whose optimizer is not one of TensorFlow.js.
   */
  static async of(model: LayersModel): Promise<ModelCopy> {
    const {name} = lastingModel(model);
    const refused = (reason: string, cause?: unknown) =>
      new InvalidArgumentError(`Model "${name}" cannot be copied: ${reason}`, {cause});
    const original = optimizerOf(model);
    if (original === null) throw refused('it is not compiled; call model.compile({optimizer, loss}) first.');
    if (statefulLayers(layersOf(trainingModel(model))).length > 0) {
      throw refused('it has stateful recurrent layers, which must see the batches in their order.');
    }
    const optimizer = copyOptimizer(original);
    if (optimizer === null) {
      throw refused(
        `the state of its optimizer, ${original.constructor.name}, is not known. Compile it with one of TensorFlow.js' own.`,
      );
    }
    const ordered = weightsInOrder(model);
    const moved = new Set(movedWeights(model));
    const weights = ordered.map(weight => tf.keep(weight.read().clone()));
    try {
      const copy = await rebuilt(model, error =>
        refused(
          `${(error as Error).message} Layers, activations and regularizers of your own need a getConfig(), and ` +
            'tf.serialization.registerClass.',
          error,
        ),
      );
      copy.compile({optimizer, loss: compiledLoss(model), metrics: compiledMetrics(model)} as ModelCompileArgs);
      copyTargetShapes(model, copy);
      trainOnly(
        copy,
        weightsInOrder(copy).filter((_, i) => moved.has(ordered[i]!)),
      );
      const made = new ModelCopy(copy, weights, optimizer);
      made.restart();
      return made;
    } catch (error) {
      tf.dispose([...weights]);
      disposeOptimizer(optimizer);
      throw error;
    }
  }

  /** Takes back all training of the copy. */
  restart(): void {
    for (const [i, weight] of weightsInOrder(this.model).entries()) {
      // Without constraints: training has applied them already.
      (weight.read() as Variable).assign(this.weights[i]!);
    }
    this.disposeCurrentOptimizer();
    replaceOptimizer(this.model, copyOptimizer(this.optimizer)!);
  }

  /** Runs a training step. It needs no time of other code, so the random numbers of a training elsewhere stay as they are. */
  step(batch: Batch, seed: number): void {
    const {model} = this;
    const restore = replaceMathRandom(seededRandom(seed));
    try {
      inScope(() => {
        const {inputs, targets, sampleWeights} = standardizeBatch(model, batch);
        const results = trainingModel(model).makeTrainFunction()([...inputs, ...targets, ...sampleWeights]);
        for (const tensor of results) tensor?.dispose();
      });
    } finally {
      restore();
    }
  }

  dispose(): void {
    this.disposeCurrentOptimizer();
    disposeOptimizer(this.optimizer);
    this.model.dispose();
    tf.dispose([...this.weights]);
  }

  private disposeCurrentOptimizer(): void {
    const current = optimizerOf(this.model);
    if (current !== null && current !== this.optimizer) disposeOptimizer(current);
  }
}

async function rebuilt(model: LayersModel, refusal: (error: unknown) => Error): Promise<LayersModel> {
  // Making layers draws their first weights, which are replaced. It is synchronous.
  const restore = replaceMathRandom(seededRandom(0));
  const variables = newVariables();
  let copy: Promise<LayersModel>;
  try {
    // With the layer names of a Sequential itself, not those of the model inside it that trains.
    copy = models.modelFromJSON(JSON.parse(JSON.stringify(lastingModel(model).toJSON(null, false))));
  } catch (error) {
    throw refusal(error);
  } finally {
    restore();
  }
  const made = variables();
  return copy.catch(error => {
    // The layers before the one that failed.
    for (const variable of made) variable.dispose();
    throw refusal(error);
  });
}
