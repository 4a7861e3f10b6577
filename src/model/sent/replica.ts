import type {Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, ModelCompileArgs} from '@tensorflow/tfjs-layers';
import {loadLayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import {type UnknownClass, unknownClass} from '../../tfjs-internals/layers/unknown-class.js';
import {weightsInOrder} from '../layers/weight-owners.js';
import {trainOnly} from '../layers/weighted-layers.js';
import {unpack} from './packed-tensors.js';
import type {SentModel} from './sent-model.js';

/** A model cannot be made from its JSON. To users it is an `InvalidArgumentError`. */
export class UnbuildableModelError extends InvalidArgumentError {
  constructor(
    message: string,
    options: ErrorOptions,
    /** The class that is not known here; `null` for another reason. */
    readonly unknown: UnknownClass | null,
  ) {
    super(message, options);
  }
}

/** A copy of a model of another thread. It is built again when the structure or the loss of the original changes. */
export class Replica {
  private key: string | null = null;
  private model: LayersModel | null = null;

  /**
   * @param serve the function with which the worker's script serves, in messages: `serveSamples`.
   * @param loss the loss, where the model's own is a function.
   */
  constructor(
    private readonly serve: string,
    private readonly loss: ModelCompileArgs['loss'] | undefined,
  ) {}

  /** @throws InvalidArgumentError for a loss that is a function and was not given. */
  async of({topology, weights, moved, loss: named}: SentModel): Promise<LayersModel> {
    const loss = this.loss ?? named;
    if (loss === null || loss === undefined) {
      throw new InvalidArgumentError(
        'The loss is a function, which cannot be sent to a worker; compile the model with its name, or give the ' +
          `worker's script the function, ${this.serve}(self, {loss}).`,
      );
    }
    const key = JSON.stringify([topology, named]);
    if (this.model === null || this.key !== key) {
      this.dispose();
      this.model = await this.build(topology);
      this.model.compile({optimizer: 'sgd', loss});
      this.key = key;
    }
    const {model} = this;
    const values = weights.map(unpack);
    const ordered = weightsInOrder(model);
    // Without constraints: training has applied them already.
    for (const [i, weight] of ordered.entries()) (weight.read() as Variable).assign(values[i]!);
    tf.dispose(values);
    trainOnly(
      model,
      ordered.filter((_, i) => moved[i]),
    );
    return model;
  }

  private async build(topology: string): Promise<LayersModel> {
    try {
      return await loadLayersModel(tf.io.fromMemory({modelTopology: JSON.parse(topology)}));
    } catch (error) {
      // TensorFlow.js goes on with a list of reasons.
      const [message] = (error as Error).message.split(' This may be due to one of the following reasons:');
      throw new UnbuildableModelError(
        `The worker cannot make the model from its JSON: ${message} If the model has layers, activations or regularizers of your own, write a ` +
          `worker script that imports them, registers them with tf.serialization.registerClass, and calls ${this.serve}(self).`,
        {cause: error},
        unknownClass((error as Error).message),
      );
    }
  }

  dispose(): void {
    this.model?.dispose();
    this.model = null;
  }
}
