import type {Optimizer, Tensor, Variable} from '@tensorflow/tfjs-core';
import type {TensorFlow} from 'tfjs-hessian/node';

interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/**
 * Sharpness-aware minimization (Foret, Kleiner, Mobahi & Neyshabur 2021): stochastic gradient descent with momentum along the
 * gradient at θ + ρ g / ‖g‖, where g is the gradient at θ.
 *
 * It takes two training steps on each batch: the first one moves the weights to that point, the second one moves them back
 * and updates them. So the batches must come twice each.
 */
export function sharpnessAware(tf: TensorFlow, learningRate: number, momentum: number, rho: number): Optimizer {
  class SharpnessAware extends tf.MomentumOptimizer {
    static override readonly className = 'SharpnessAware';
    /** By name, where the weights were; `null` while they are there. */
    private home: Map<string, Tensor> | null = null;

    override applyGradients(
      gradients: Parameters<InstanceType<typeof tf.MomentumOptimizer>['applyGradients']>[0],
    ): void {
      const list: NamedTensor[] = Array.isArray(gradients)
        ? gradients
        : Object.entries(gradients).map(([name, tensor]) => ({name, tensor}));
      if (this.home === null) {
        this.home = climb(tf, list, rho);
        return;
      }
      for (const [name, weights] of this.home) variableOf(tf, name).assign(weights);
      tf.dispose([...this.home.values()]);
      this.home = null;
      super.applyGradients(list);
    }

    override dispose(): void {
      tf.dispose([...(this.home?.values() ?? [])]);
      super.dispose();
    }
  }
  return new SharpnessAware(learningRate, momentum);
}

/** Moves the weights to θ + ρ g / ‖g‖, and returns θ. */
function climb(tf: TensorFlow, gradients: readonly NamedTensor[], rho: number): Map<string, Tensor> {
  const home = new Map<string, Tensor>();
  tf.tidy(() => {
    const given = gradients.filter(({tensor}) => tensor != null);
    const squares = given.map(({tensor}) => tf.sum(tf.square(tensor)));
    // The smallest number keeps a gradient of zero from dividing by it.
    const factor = tf.div(rho, tf.add(tf.sqrt(tf.addN(squares)), 1e-12));
    for (const {name, tensor} of given) {
      const variable = variableOf(tf, name);
      home.set(name, tf.keep(tf.clone(variable)));
      variable.assign(tf.add(variable, tf.mul(tensor, factor)));
    }
  });
  return home;
}

function variableOf(tf: TensorFlow, name: string): Variable {
  return tf.engine().registeredVariables[name]!;
}
