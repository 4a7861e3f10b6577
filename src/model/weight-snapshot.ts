import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

/** The weights of a model at one moment, as references and not copies. */
export class WeightSnapshot {
  private readonly weights: readonly {readonly variable: Variable; readonly value: Tensor}[];

  constructor(model: LayersModel) {
    this.weights = model.weights.map(weight => {
      const variable = weight.read() as Variable;
      return {variable, value: tf.keep(variable.clone())};
    });
  }

  /** Runs a synchronous function while the model has these weights. */
  during<T>(body: () => T): T {
    const changed = this.weights.filter(({variable, value}) => variable.dataId !== value.dataId);
    const now = changed.map(({variable}) => tf.keep(variable.clone()));
    for (const {variable, value} of changed) variable.assign(value);
    try {
      return body();
    } finally {
      changed.forEach(({variable}, i) => {
        variable.assign(now[i]!);
        now[i]!.dispose();
      });
    }
  }

  dispose(): void {
    for (const {value} of this.weights) value.dispose();
  }
}
