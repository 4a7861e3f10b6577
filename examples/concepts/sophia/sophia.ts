import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch, NetworkOperator} from 'tfjs-hessian';
import {diagonal} from 'tfjs-hessian';

export interface SophiaArgs {
  readonly learningRate: number;
  /** The curvature whose diagonal scales the steps. */
  readonly curvature: (model: LayersModel, batch: Batch) => Promise<NetworkOperator>;
  /** Products per estimate of the diagonal; default 1, as in the paper. */
  readonly probes?: number;
  /** The averages' decay; default 0.96 of gradients, 0.99 of diagonals. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** γ: a larger one clips more rarely; default 0.05. */
  readonly gamma?: number;
}

const EPSILON = 1e-12;

/**
 * Sophia (Liu, Li, Hall, Liang & Ma 2023), algorithm 3, without weight decay:
 *
 *   m ← β₁ m + (1 − β₁) g          h ← β₂ h + (1 − β₂) ĥ, every k steps
 *   θ ← θ − η clip(m / max(γ h, ε), 1)
 *
 * where ĥ estimates the curvature's diagonal. An entry with small or negative curvature takes a step of at most η, as
 * signed momentum does.
 */
export class Sophia extends tf.Optimizer {
  static readonly className = 'Sophia';
  private readonly momenta = new Map<string, Variable>();
  private readonly diagonals = new Map<string, Variable>();
  private seed = 0;
  private steps = 0;
  private clips = 0;

  constructor(private readonly args: SophiaArgs) {
    super();
  }

  /** Estimates the diagonal on a batch and adds it to the average. */
  async observe(model: LayersModel, batch: Batch): Promise<void> {
    const {curvature, probes = 1, beta2 = 0.99} = this.args;
    const op = await curvature(model, batch);
    const {value, standardError} = await diagonal(op, {probes, seed: this.seed++});
    op.dispose();
    tf.tidy(() => {
      const parts = tf.split(
        value,
        model.trainableWeights.map(({shape}) => size(shape)),
      );
      model.trainableWeights.forEach(({name, shape}, i) => {
        const h = state(this.diagonals, name, shape as number[]);
        h.assign(tf.add(tf.mul(h, beta2), tf.mul(tf.reshape(parts[i]!, shape as number[]), 1 - beta2)));
      });
    });
    tf.dispose([value, standardError]);
  }

  applyGradients(given: Parameters<tf.Optimizer['applyGradients']>[0]): void {
    const gradients = Array.isArray(given)
      ? given.map(({name, tensor}) => [name, tensor] as const)
      : Object.entries(given);
    const {learningRate, beta1 = 0.96, gamma = 0.05} = this.args;
    const shares = tf.tidy(
      () =>
        gradients
          .map(([name, gradient]) => {
            const weight = tf.engine().registeredVariables[name]!;
            const m = state(this.momenta, name, weight.shape);
            const h = state(this.diagonals, name, weight.shape);
            m.assign(tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1)));
            const ratio = tf.div(m, tf.maximum(tf.mul(h, gamma), EPSILON));
            weight.assign(tf.sub(weight, tf.mul(tf.clipByValue(ratio, -1, 1), learningRate)));
            return tf.sum(tf.cast(tf.greater(tf.abs(ratio), 1), 'float32'));
          })
          .reduce((a, b) => tf.add(a, b)) as Tensor,
    );
    const parameters = gradients.reduce((sum, [, gradient]) => sum + gradient.size, 0);
    this.clips += shares.dataSync()[0]! / parameters;
    this.steps++;
    shares.dispose();
    this.incrementIterations();
  }

  /** The share of entries that were clipped, over all steps. */
  get clipped(): number {
    return this.clips / this.steps;
  }

  override dispose(): void {
    tf.dispose([...this.momenta.values(), ...this.diagonals.values()]);
    super.dispose();
  }

  getConfig(): tf.serialization.ConfigDict {
    return {learningRate: this.args.learningRate};
  }
}

/** The variable that belongs to a weight; zero at first. */
function state(states: Map<string, Variable>, weight: string, shape: number[]): Variable {
  const existing = states.get(weight);
  if (existing) return existing;
  const created = tf.tidy(() => tf.variable(tf.zeros(shape), false));
  states.set(weight, created);
  return created;
}

function size(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((product, n) => product * (n ?? 1), 1);
}
