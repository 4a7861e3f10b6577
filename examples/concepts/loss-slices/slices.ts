import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {eigenvalues, hessian} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Examples} from '../../mnist/data.js';

/** The loss and its quadratic model at a point of a slice. */
export interface Point {
  /** Steps along the first and the second eigenvector, which have unit length. */
  readonly along: readonly [first: number, second: number];
  readonly loss: number;
  readonly quadratic: number;
}

export interface Slices {
  readonly loss: number;
  /** The two largest eigenvalues, and the slope ∇L · v along each eigenvector. */
  readonly top: readonly {readonly value: number; readonly residual: number; readonly slope: number}[];
  /** Along each eigenvector. */
  readonly lines: readonly (readonly Point[])[];
  /** In the plane of both eigenvectors, row by row. */
  readonly plane: readonly Point[];
}

/**
 * L(θ + a v₁ + b v₂) and L + a g₁ + b g₂ + ½ (λ₁ a² + λ₂ b²), where g are the slopes. The slices end where the
 * curvature alone would raise the loss to three times its value.
 */
export async function slicesAlongTop(
  tf: TensorFlow,
  model: LayersModel,
  {x, y}: Examples,
  points: {readonly line: number; readonly plane: number},
): Promise<Slices> {
  const H = await hessian(model, {x, y});
  const {values, residuals, vectors} = await eigenvalues(H, {k: 2, tolerance: 1e-4, vectors: true});
  const gradient = H.gradient();
  const slopes = tf.tidy(() => Array.from(tf.dot(gradient, vectors!).dataSync()));
  const {loss} = H;
  H.dispose();
  gradient.dispose();

  const weights = model.getWeights().map(weight => weight.clone());
  const shapes = weights.map(({shape}) => shape);
  const directions = tf.tidy(() => tf.unstack(tf.transpose(vectors!)).map(v => split(tf, v, shapes)));
  vectors!.dispose();
  const at = (a: number, b: number): Point => {
    const moved = tf.tidy(() => {
      const [first, second] = directions as [Tensor[], Tensor[]];
      model.setWeights(weights.map((w, i) => tf.addN([w, tf.mul(first[i]!, a), tf.mul(second[i]!, b)])));
      const [value] = model.evaluate(x, y, {batchSize: x.shape[0]!}) as Scalar[];
      return value!.dataSync()[0]!;
    });
    const quadratic = loss + a * slopes[0]! + b * slopes[1]! + (values[0]! * a ** 2 + values[1]! * b ** 2) / 2;
    return {along: [a, b], loss: moved, quadratic};
  };
  const reach = values.map(value => Math.sqrt((4 * loss) / value));
  const steps = (i: number, count: number) =>
    Array.from({length: count}, (_, j) => reach[i]! * ((2 * j) / (count - 1) - 1));
  try {
    return {
      loss,
      top: values.map((value, i) => ({value, residual: residuals[i]!, slope: slopes[i]!})),
      lines: [steps(0, points.line).map(a => at(a, 0)), steps(1, points.line).map(b => at(0, b))],
      plane: steps(1, points.plane).flatMap(b => steps(0, points.plane).map(a => at(a, b))),
    };
  } finally {
    model.setWeights(weights);
    tf.dispose([weights, directions]);
  }
}

/** The distance from the middle of a line up to which the quadratic model differs by less than a share of the loss, on both sides. */
export function farthestWithin(line: readonly Point[], share: number): number {
  const distance = ({along: [a, b]}: Point) => Math.hypot(a, b);
  const outside = line.filter(({loss, quadratic}) => Math.abs(quadratic - loss) > share * loss);
  const limit = Math.min(...outside.map(distance));
  return Math.max(...line.map(distance).filter(d => d < limit));
}

function split(tf: TensorFlow, vector: Tensor, shapes: readonly number[][]): Tensor[] {
  const sizes = shapes.map(shape => shape.reduce((a, b) => a * b, 1));
  return tf.split(vector, sizes).map((part, i) => tf.reshape(part, shapes[i]!));
}
