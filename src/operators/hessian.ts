import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {flag, functionThat} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {recordAgain, takesGradients} from '../autodiff/forward-mode/nested-gradients.js';
import type {RecordedGradient} from '../autodiff/forward-mode/recorded-gradient.js';
import {recordGradient} from '../autodiff/forward-mode/recorded-gradient.js';
import {hasUserRule} from '../autodiff/rules/rule-table.js';
import {InvalidArgumentError} from '../errors.js';
import type {Batch} from '../model/batch.js';
import {flatten} from '../model/flattening.js';
import type {WeightedLayer} from '../model/layers/weighted-layers.js';
import {variablesOf, weightedLayers} from '../model/layers/weighted-layers.js';
import {hasOwnLoss} from '../model/own-loss.js';
import {withRecordedLoss} from '../model/recorded-loss.js';
import {explaining} from '../model/tensorflow-limits.js';
import {withOwned} from '../owned.js';
import type {CurvatureOperator} from './blocks/network-operator.js';
import {derivativeCheck, jetsForCheck} from './checks/derivative-check.js';
import type {CurvatureArgs} from './curvature-args.js';
import {curvatureArgs} from './curvature-args.js';
import type {BatchDataset} from './from-model/batch-dataset.js';
import type {Linearize, LinearizedLoss} from './from-model/linearized-loss.js';
import {operatorOf} from './from-model/linearized-loss.js';
import {modelOperator} from './from-model/model-operator.js';
import {groupVariables} from './variable-groups.js';

/** The variables in which second derivatives are taken. A named group of them is a "layer". */
export type VariableGroups = Variable[] | Record<string, Variable | Variable[]>;

/** Options of `hessian`. */
export interface HessianArgs extends CurvatureArgs {
  /**
   * Whether the loss, its gradient and its Hessian include the penalties of the layers' own regularizers, as `fit` adds them. Default: false.
   */
  readonly regularizers?: boolean;
}

const argsOf = optionsOf<HessianArgs>('hessian()')({
  ...curvatureArgs('hessian()').entries,
  regularizers: optional(flag(), false),
});
const lossFunction = functionThat<() => Scalar>('a function that returns a scalar tensor');
/** The form for a function takes no options: it has no seeded layers and no data set. */
const noArgs = optionsOf<object>('hessian(loss, variables)')({});

/**
 * The Hessian of a model's loss on one batch, as an operator: it computes products, never the matrix itself.
 *
 * The loss is the one that `fit` minimizes, without regularizers. With `regularizers: true` it includes what the layers' own regularizers add:
 * l2 with factor λ adds 2 λ I to the block of its weight, l1 nothing away from 0, a custom one its own second derivative. Two kinds are left
 * out: trace penalties, whose Hessian would need fourth derivatives, and the regularizers that TensorFlow.js itself leaves out in training, those
 * of recurrent cells and inside `bidirectional`. The operator keeps the weights and the batch as they
 * are now, and later training does not change it. Making it costs about two gradients. A product costs about one gradient; a
 * product with a layer's block costs the part from this layer to the loss (Pearlmutter 1994).
 *
 * @throws InvalidArgumentError for a model that is not compiled or has no trainable weights, for a batch that does not
 *     fit, for sparse labels that are not classes, for a loss that is not finite.
 * @throws UnsupportedKernelError if the model runs a kernel without a rule.
 * @throws NotAHessianError if a custom gradient is not the derivative. The check costs three products and jets through the
 *     forward pass. It is made for models with custom gradients, gradients inside, or a loss function of your own.
 * @example
 * const H = await hessian(model, {x, y});
 * const top = await eigenvalues(H.block('dense_1'), {k: 2});
 * H.dispose();
 */
export function hessian(model: LayersModel, batch: Batch, args?: HessianArgs): Promise<CurvatureOperator>;
/**
 * The Hessian of any scalar function of variables, for training with `optimizer.minimize`.
 *
 * A loss may take gradients itself. If TensorFlow.js takes a wrong gradient of it, a warning says so. Checking the derivatives
 * costs three products.
 *
 * @throws InvalidArgumentError if the loss is not a finite scalar, or depends on none of the variables.
 * @throws NotAHessianError if the gradient that TensorFlow.js takes is not the loss's derivative.
 * @example
 * const H = await hessian(() => tf.losses.meanSquaredError(y, f(x)), {hidden: [w1, b1], output: [w2, b2]});
 */
export function hessian(loss: () => Scalar, variables: VariableGroups): Promise<CurvatureOperator>;
/**
 * The Hessian of the mean loss over a data set. A product is one pass over it. It costs about one gradient for each batch whose
 * linearization fits into `memoryLimit`, and about three for each other batch.
 *
 * @throws InvalidArgumentError for a data set without batches.
 * @example
 * const H = await hessian(model, [{x: x1, y: y1}, {x: x2, y: y2}], {onProgress: ({done, total}) => …});
 */
export function hessian(model: LayersModel, dataset: BatchDataset, args?: HessianArgs): Promise<CurvatureOperator>;
export async function hessian(
  target: LayersModel | (() => Scalar),
  data: Batch | BatchDataset | VariableGroups,
  args?: HessianArgs,
): Promise<CurvatureOperator> {
  if (typeof target === 'function') {
    check('loss', lossFunction, target);
    noArgs(args);
    const layers = groupVariables(data as VariableGroups);
    return operatorOf('Hessian', () =>
      explaining(() =>
        withOwned(owned => {
          const recorded = owned.use(recordGradient(() => requireScalar(target()), variablesOf(layers)));
          return linearizeGradient(recorded, layers, 'always');
        }),
      ),
    );
  }
  const {regularizers, ...rest} = argsOf(args);
  const linearize = regularizers ? linearizePenalized : linearizeHessian;
  const curvature = {name: 'Hessian', linearize, kind: {operator: 'hessian', regularizers}} as const;
  return modelOperator(curvature, target, data as Batch | BatchDataset, rest);
}

/** The gradient of a model's loss on a batch, linearized. */
export const linearizeHessian: Linearize = (...args) => linearizeModel(args, false);

/** The same of the loss with the layers' regularizers. */
export const linearizePenalized: Linearize = (...args) => linearizeModel(args, true);

function linearizeModel([model, batch, seed, checked]: Parameters<Linearize>, regularizers: boolean): LinearizedLoss {
  const layers = weightedLayers(model);
  return withRecordedLoss(model, batch, {seed, regularizers, gradientIn: variablesOf(layers)}, ({recorded}) =>
    linearizeGradient(recorded, layers, checked && (hasOwnLoss(model) ? 'always' : 'with reason')),
  );
}

/**
 * A recorded gradient in the layers' variables, linearized. The caller owns the result.
 *
 * @param check whether to compare the gradient with the loss's derivative: always, or if there is a reason to.
 */
function linearizeGradient(
  first: RecordedGradient,
  layers: readonly WeightedLayer[],
  check: 'always' | 'with reason' | false,
): LinearizedLoss {
  const variables = variablesOf(layers);
  const shapes = variables.map(variable => variable.shape);
  const {ownGradients} = first.recording;
  return withOwned(owned => {
    let recorded = first;
    let tapeError: Tensor | null = null;
    if (takesGradients(ownGradients)) {
      recorded = owned.use(recordAgain(first, variables));
      if (check !== false) tapeError = owned.use(relativeDifference(first.gradients, recorded.gradients));
      first.dispose();
    }
    const {recording, value, gradients} = recorded;
    const isDoubtful =
      check === 'always' || ownGradients.length > 0 || recording.nodes.some(({op}) => hasUserRule(op.kernel));
    const isChecked = check !== false && isDoubtful;
    const jets = isChecked ? owned.use(jetsForCheck(recording, variables, value)) : null;
    const loss = owned.use(tf.keep(tf.clone(recording.tensorOf(value) as Scalar)));
    const map = recorded.linearize(variables, gradients);
    const gradient = tf.tidy(() => tf.keep(flatten(gradients, shapes)));
    for (const tensor of [tapeError, jets, loss]) owned.handOver(tensor);
    const args = {name: 'Hessian', map, shapes, ownGradients, tapeError, loss: {gradient, jets}};
    return {layers, map, gradient, loss, check: isChecked ? derivativeCheck(args) : null};
  });
}

/** ‖a − b‖ / ‖b‖, kept. */
function relativeDifference(a: readonly (Tensor | null)[], b: readonly (Tensor | null)[]): Tensor {
  return tf.tidy(() => {
    const norm = (tensors: (Tensor | null)[]) =>
      tf.sqrt(
        tensors.reduce<Tensor>((sum, tensor) => (tensor ? tf.add(sum, tf.sum(tf.square(tensor))) : sum), tf.scalar(0)),
      );
    const differences = a.map((tensor, i) => (tensor && b[i] ? tf.sub(tensor, b[i]) : (tensor ?? b[i] ?? null)));
    return tf.keep(tf.div(norm(differences), norm([...b])));
  });
}

function requireScalar(loss: unknown): Scalar {
  if (loss instanceof tf.Tensor && loss.rank === 0) return loss as Scalar;
  const got = loss instanceof tf.Tensor ? `a tensor of shape [${loss.shape.join(', ')}]` : String(loss);
  throw new InvalidArgumentError(`The loss function must return a scalar, such as tf.mean(…); it returned ${got}.`);
}
