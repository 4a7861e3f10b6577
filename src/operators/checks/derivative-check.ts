import type {Scalar, Tensor, Tensor1D, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {pushJets} from '../../autodiff/forward-mode/jets.js';
import type {OwnGradient, Recording} from '../../autodiff/recording/recording.js';
import {NotAHessianError, UnsupportedKernelError} from '../../errors.js';
import type {Value} from '../../graph/graph.js';
import {flatten, sizeOf, unflatten} from '../../model/flattening.js';
import {deriveSeed, probeVector} from '../../random.js';
import {warn} from '../../warnings.js';
import type {CurvatureMap} from '../blocks/curvature-map.js';
import type {PendingCheck} from '../from-model/linearized-loss.js';

/** In how many directions the derivatives are compared. */
const DIRECTIONS = 3;

const SEED = deriveSeed(0, 'derivative check');

/**
 * A discrepancy above this is not rounding: over all references, layers and engines, float32 rounding causes at most 2e-6, and
 * 3e-6 in batch normalization over two samples.
 */
export const WRONG = 1e-3;

/** The limit if there is no reason to expect a wrong gradient: the loss may be ill-conditioned. */
const CERTAINLY_WRONG = 0.1;

/** If terms cancel, as in the gradient at a minimum, the result counts as at least this fraction of their size. */
const CANCELLED = 1e-2;

/** The asymmetry is mostly rounding if scaling a vector changes its product by this fraction of the asymmetry. */
const MOSTLY_ROUNDING = 0.03;

/** Relative differences of derivatives that should be equal. */
interface Discrepancies {
  /** Of uᵀHv and vᵀHu, relative to ‖Hu‖ and ‖Hv‖: an estimate of ‖H − Hᵀ‖_F / ‖H‖_F. */
  readonly asymmetry: number;
  /** Of gᵀv and the derivative of the loss along v, relative to ‖g‖. */
  readonly first: number;
  /** Of vᵀHv and the second derivative of the loss along v, relative to ‖v‖ ‖Hv‖. */
  readonly second: number;
}

/** The loss and its derivatives along the directions, by jets through its forward pass. */
interface AlongLines {
  readonly loss: number;
  /** ‖θ‖. */
  readonly weights: number;
  readonly first: readonly number[];
  readonly second: readonly number[];
}

export interface DerivativeCheckArgs {
  /** The operator's name in messages: `Hessian`. */
  readonly name: string;
  readonly map: CurvatureMap;
  readonly shapes: readonly (readonly number[])[];
  /** Why the gradient may be wrong. */
  readonly ownGradients: readonly OwnGradient[];
  /** The relative error of the gradient that TensorFlow.js trains with; `null` if it is the gradient used here. */
  readonly tapeError?: Tensor | null;
  /** The loss's gradient and its derivatives along the directions; `null` to check the symmetry only. */
  readonly loss: {readonly gradient: Tensor1D; readonly jets: Tensor | null} | null;
}

/**
 * Compares H with its transpose, and the gradient of a loss with the derivatives of the kernels that computed the loss.
 *
 * Jets use the forward pass only, and the gradient comes from TensorFlow.js. If a function has a custom gradient, the two agree
 * only if that gradient is right. Costs three products. `confirm` throws a `NotAHessianError` if they differ by more than
 * rounding.
 */
export function derivativeCheck(args: DerivativeCheckArgs): PendingCheck {
  const {name, map, shapes, ownGradients, tapeError, loss} = args;
  const dispose = () => {
    loss?.jets?.dispose();
    tapeError?.dispose();
  };
  return {
    dispose,
    async confirm() {
      try {
        const found = await discrepanciesOf(map, shapes, loss);
        // The product of a scaled vector has other rounding errors.
        const isRounding = found.asymmetry > WRONG && (await rounding(map, shapes)) > MOSTLY_ROUNDING * found.asymmetry;
        judge(name, isRounding ? {...found, asymmetry: 0} : found, ownGradients);
        if (tapeError && (await tapeError.data())[0]! > WRONG) warnOfTraining(ownGradients);
      } finally {
        dispose();
      }
    },
  };
}

/**
 * The loss, the weights' norm, and the loss's derivatives along the directions of the check, kept; `null` if a kernel has no
 * jet. The recording must still hold its values.
 */
export function jetsForCheck(recording: Recording, variables: readonly Variable[], loss: Value): Tensor | null {
  const shapes = variables.map(variable => variable.shape);
  const size = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  // The loss does not depend on a variable that was not recorded.
  const values = variables.map(variable => recording.find(variable) ?? null);
  try {
    return tf.tidy(() => {
      const coefficients = Array.from({length: DIRECTIONS}, (_, index) => {
        const parts = unflatten(tf.tensor1d(direction(size, index)), shapes);
        const tangents = new Map(values.flatMap((value, i) => (value === null ? [] : [[value, parts[i]!] as const])));
        const {first, second} = pushJets(recording, tangents, loss);
        return [first, second].map(coefficient => (coefficient ?? tf.scalar(0)) as Scalar);
      });
      const squares = values.map(value =>
        value === null ? tf.scalar(0) : tf.sum(tf.square(recording.tensorOf(value))),
      );
      const weights = tf.sqrt(tf.addN(squares));
      return tf.keep(tf.stack([recording.tensorOf(loss), weights, ...coefficients.flat()]));
    });
  } catch (error) {
    if (error instanceof UnsupportedKernelError) return null;
    throw error;
  }
}

async function discrepanciesOf(
  map: CurvatureMap,
  shapes: DerivativeCheckArgs['shapes'],
  loss: DerivativeCheckArgs['loss'],
): Promise<Discrepancies> {
  const size = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const directions = Array.from({length: DIRECTIONS}, (_, i) => direction(size, i));
  const products: Float32Array[] = [];
  for (const v of directions) products.push(await product(map, shapes, v));
  const gradient = loss && ((await loss.gradient.data()) as Float32Array);
  const along = loss?.jets ? [...(await loss.jets.data())] : null;
  const lines = along && {
    loss: along[0]!,
    weights: along[1]!,
    first: directions.map((_, i) => along[2 + 2 * i]!),
    second: directions.map((_, i) => along[3 + 2 * i]!),
  };
  return discrepancies(directions, products, gradient, lines);
}

async function product(
  map: CurvatureMap,
  shapes: DerivativeCheckArgs['shapes'],
  v: Float32Array,
): Promise<Float32Array> {
  const positions = shapes.map((_, i) => i);
  const image = tf.tidy(() => {
    const pushed = map.push(positions, unflatten(tf.tensor1d(v), shapes), positions, null);
    return tf.keep(flatten(pushed, shapes));
  });
  try {
    return (await image.data()) as Float32Array;
  } finally {
    image.dispose();
  }
}

/** ‖H(cv)/c − Hv‖ / ‖Hv‖, the relative rounding error of a product. */
async function rounding(map: CurvatureMap, shapes: DerivativeCheckArgs['shapes']): Promise<number> {
  const v = direction(
    shapes.reduce((sum, shape) => sum + sizeOf(shape), 0),
    0,
  );
  const c = 1.375;
  const [image, other] = [
    await product(map, shapes, v),
    await product(
      map,
      shapes,
      v.map(x => c * x),
    ),
  ];
  const difference = image.map((x, i) => other[i]! / c - x);
  return ratio(Math.sqrt(dot(difference, difference)), Math.sqrt(dot(image, image)));
}

function judge(name: string, {asymmetry, first, second}: Discrepancies, own: readonly OwnGradient[]): void {
  const hasReason = own.length > 0;
  const worst = Math.max(asymmetry, first, hasReason ? second : 0);
  if (!(worst > WRONG)) return;
  const found =
    first > WRONG
      ? notTheDerivative(first)
      : asymmetry > WRONG
        ? `The ${name} is not symmetric (uᵀHv and vᵀHu are ${percent(asymmetry)} apart)`
        : `The ${name}'s products are not the second derivatives of the loss (${percent(second)} off)`;
  if (hasReason || worst > CERTAINLY_WRONG) throw new NotAHessianError(`${found}. ${causeOf(own)}`, worst);
  warn('asymmetric', `${found}. ${causeOf(own)}`);
}

export function notTheDerivative(part: number): string {
  return `The gradient that TensorFlow.js takes of the loss is not the loss's derivative (${percent(part)} off)`;
}

export function warnOfTraining(own: readonly OwnGradient[]): void {
  const layer = own.find(gradient => gradient.layer !== null)?.layer;
  warn(
    'wrong-gradient',
    `The loss takes a gradient itself${layer ? ` (in layer "${layer}")` : ''}, and TensorFlow.js takes a wrong gradient of ` +
      'that: it drops what flows through tanh, sigmoid, softmax, max and others. The curvature here is that of the loss, ' +
      'but training goes by the wrong gradient. Write the inner derivative out with ordinary operations, or as a ' +
      'difference of two values of the function.',
  );
}

export function causeOf(own: readonly OwnGradient[]): string {
  const at = own.find(({layer}) => layer !== null)?.layer;
  const where = at ? ` (layer "${at}")` : '';
  if (own.some(({kind}) => kind === 'custom')) {
    return (
      `It runs a function with a gradient of its own, tf.customGrad${where}, such as gradient reversal, straight-through ` +
      'or clipping. There is no Hessian of that. Take the curvature of the parts that are losses: of each player’s own ' +
      'loss without the reversal, or of the loss with a function whose gradient is its derivative.'
    );
  }
  if (own.length > 0) {
    return (
      `It takes a gradient inside${where}. Write that derivative out with ordinary operations, or as a difference of two ` +
      'values of the function.'
    );
  }
  return (
    'A gradient given to tf.registerGradient, a rule given to registerTangentRule, or a kernel of the backend ' +
    `"${tf.getBackend()}" may be wrong, or the loss so ill-conditioned that float32 is not enough. Compare with another backend.`
  );
}

function percent(part: number): string {
  const value = 100 * part;
  return `${value >= 10 ? value.toFixed(0) : value.toPrecision(1)} %`;
}

function direction(size: number, index: number): Float32Array {
  return probeVector(SEED, index, size, 'rademacher');
}

function discrepancies(
  directions: readonly Float32Array[],
  products: readonly Float32Array[],
  gradient: Float32Array | null,
  lines: AlongLines | null,
): Discrepancies {
  const norms = products.map(image => Math.sqrt(dot(image, image)));
  const largest = Math.max(...norms);
  const length = Math.sqrt(directions[0]!.length);
  let [squares, pairs, first, second] = [0, 0, 0, 0];
  directions.forEach((v, i) => {
    for (let j = 0; j < i; j++) {
      const difference = dot(v, products[j]!) - dot(directions[j]!, products[i]!);
      squares += ratio(difference, Math.max(norms[i]!, norms[j]!)) ** 2;
      pairs++;
    }
    if (lines === null || gradient === null) return;
    const slope = Math.sqrt(dot(gradient, gradient));
    // The size of the terms that g is the sum of: H θ, and √(L H) for a sum of squares.
    const terms = lines.weights * largest + Math.sqrt(Math.abs(lines.loss) * largest);
    first = Math.max(first, ratio(dot(v, gradient) - lines.first[i]!, slope + CANCELLED * terms));
    const curvature = length * (norms[i]! + CANCELLED * slope);
    second = Math.max(second, ratio(dot(v, products[i]!) - lines.second[i]!, curvature));
  });
  return {asymmetry: Math.sqrt(squares / pairs), first, second};
}

function ratio(difference: number, scale: number): number {
  return difference === 0 ? 0 : Math.abs(difference) / scale;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
