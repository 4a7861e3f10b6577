import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

/** A weight of a model, and a value that it had or is to have. */
export interface WeightValue {
  readonly variable: Variable;
  readonly value: Tensor;
}

/** The weights of a model at one moment, as references and not copies. */
export class WeightSnapshot {
  private readonly weights: readonly WeightValue[];

  constructor(model: LayersModel) {
    this.weights = model.weights.map(weight => {
      const variable = weight.read() as Variable;
      return {variable, value: tf.keep(variable.clone())};
    });
  }

  /** Runs a synchronous function while the model has these weights. */
  during<T>(body: () => T): T {
    return withWeights(this.weights, body);
  }

  dispose(): void {
    for (const {value} of this.weights) value.dispose();
  }
}

/** Runs a synchronous function while weights have other values. Afterwards they hold the same tensors as before. */
export function withWeights<T>(weights: readonly WeightValue[], body: () => T): T {
  const changed = weights.filter(({variable, value}) => variable.dataId !== value.dataId);
  const now = changed.map(({variable}) => tf.keep(variable.clone()));
  try {
    for (const {variable, value} of changed) variable.assign(value);
    return body();
  } finally {
    changed.forEach(({variable}, i) => {
      variable.assign(now[i]!);
      now[i]!.dispose();
    });
  }
}
