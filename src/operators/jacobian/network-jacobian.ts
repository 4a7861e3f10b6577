import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {LayerListener, Linearization} from '../../autodiff/forward-mode/linearization.js';
import type {RecordedGradient} from '../../autodiff/forward-mode/recorded-gradient.js';
import {linearizeGradient} from '../../autodiff/forward-mode/recorded-gradient.js';
import {withRightGradients} from '../../autodiff/gradients/right-gradients.js';
import type {OwnGradient} from '../../autodiff/recording/recording.js';
import {replay} from '../../autodiff/recording/replay.js';
import type {Value} from '../../graph/graph.js';
import type {Batch} from '../../model/batch.js';
import type {WeightedLayer} from '../../model/layers/weighted-layers.js';
import {variablesOf, weightedLayers} from '../../model/layers/weighted-layers.js';
import type {RecordedOutput} from '../../model/output-layer.js';
import type {ForwardPass, RecordedLoss} from '../../model/recorded-loss.js';
import {withRecordedLoss} from '../../model/recorded-loss.js';
import type {Disposable} from '../../owned.js';
import {withOwned} from '../../owned.js';

/** J, the Jacobian of a network's outputs z in its weights, on one batch. */
export interface NetworkJacobian {
  readonly layers: readonly WeightedLayer[];
  /** The shape of z for each output. */
  readonly shapes: readonly (readonly number[])[];
  /** J v, from tangents of weights, given by their positions, to tangents of all z. */
  forward(from: readonly number[], tangents: readonly Tensor[], probes: number | null): Tensor[];
  /** Jᵀ u, from cotangents of all z to cotangents of weights; `null` if one is zero. */
  backward(cotangents: readonly Tensor[], to: readonly number[], probes: number | null): (Tensor | null)[];
  readonly passes: number;
  /** Whether k tangents at once, through J and Jᵀ, take as much time as one after the other. */
  isBestApart(from: readonly number[], to: readonly number[]): boolean;
  watchLayers(listener: LayerListener): () => void;
  dispose(): void;
}

/** A network's Jacobian and loss on a batch. The tensors are kept. */
export interface RecordedNetwork<Curvature> {
  readonly jacobian: NetworkJacobian;
  readonly loss: Scalar;
  /** ∇_z L. */
  readonly outputGradients: readonly Tensor[];
  readonly curvature: Curvature;
  /** Custom and nested gradients. With them Jᵀ, from TensorFlow.js' gradient, may not be the transpose of J. */
  readonly ownGradients: readonly OwnGradient[];
}

/** The loss as a function of z. It can be differentiated as long as the recording exists. */
export interface OutputLoss {
  readonly outputs: readonly RecordedOutput[];
  readonly sampleWeights: readonly (Tensor | null)[];
  readonly batchSize: number;
  /** The tensor of a recorded value. */
  tensorOf(value: Value): Tensor;
  /** L(z), on the tape. */
  at(...zs: Tensor[]): Scalar;
}

/**
 * Records a network on a batch. The caller owns the result.
 *
 * @param curvatureOf makes the loss's curvature in z. It must keep the tensors that it returns.
 */
export function recordNetwork<Curvature extends Disposable>(
  model: LayersModel,
  batch: Batch,
  seed: number,
  curvatureOf: (loss: OutputLoss) => Curvature,
): RecordedNetwork<Curvature> {
  const layers = weightedLayers(model);
  const variables = variablesOf(layers);
  const cotangents: Tensor[] = [];
  // The gradient of ⟨z, u⟩ for fixed u is Jᵀ u, linear in u.
  const gradientOf = ({recorder, outputs}: ForwardPass) => {
    const terms = outputs.map(({z}) => {
      const output = recorder.recording.tensorOf(z);
      const u = recorder.pause(() => tf.onesLike(output));
      cotangents.push(u);
      return tf.sum(tf.mul(output, u));
    });
    return terms.reduce((a, b) => tf.add(a, b)) as Scalar;
  };
  return withRecordedLoss(model, batch, {seed, gradientIn: variables, gradientOf}, recordedLoss =>
    withOwned(owned => {
      const {recorded, outputs, loss} = recordedLoss;
      const outputLoss = lossOfOutputs(recordedLoss);
      const zs = outputs.map(({z}) => recorded.recording.tensorOf(z));
      const outputGradients = withRightGradients(() =>
        tf
          .grads(outputLoss.at)(zs)
          .map(gradient => owned.use(tf.keep(gradient))),
      );
      const curvature = owned.use(curvatureOf(outputLoss));
      const value = owned.use(tf.keep(tf.clone(recorded.recording.tensorOf(loss) as Scalar)));
      const map = linearizeNetwork(recorded, variables, cotangents, zs);
      const jacobian = new LinearizedJacobian(
        layers,
        outputs.map(({z}) => z.shape),
        map,
      );
      for (const resource of [...outputGradients, curvature, value]) owned.handOver(resource);
      return {jacobian, loss: value, outputGradients, curvature, ownGradients: recorded.recording.ownGradients};
    }),
  );
}

/** J, from the weights to z, and Jᵀ, from the cotangents to the gradients. */
function linearizeNetwork(
  recorded: RecordedGradient,
  variables: readonly Tensor[],
  cotangents: readonly Tensor[],
  zs: readonly Tensor[],
): Linearization {
  const range = (start: number, count: number) => Array.from({length: count}, (_, i) => start + i);
  const [n, m] = [variables.length, zs.length];
  return recorded.linearize(
    [...variables, ...cotangents],
    [...recorded.gradients, ...zs],
    [
      [range(0, n), range(n, m)],
      [range(n, m), range(0, n)],
    ],
  );
}

class LinearizedJacobian implements NetworkJacobian {
  private readonly weights: number;

  constructor(
    readonly layers: readonly WeightedLayer[],
    readonly shapes: readonly (readonly number[])[],
    private readonly map: Linearization,
  ) {
    this.weights = layers.reduce((sum, layer) => sum + layer.variables.length, 0);
  }

  forward(from: readonly number[], tangents: readonly Tensor[], probes: number | null): Tensor[] {
    return this.map
      .push(from, tangents, this.places(), probes)
      .map((z, i) => z ?? tf.zeros([...(probes === null ? [] : [probes]), ...this.shapes[i]!]));
  }

  backward(cotangents: readonly Tensor[], to: readonly number[], probes: number | null): (Tensor | null)[] {
    return this.map.push(this.places(), cotangents, to, probes);
  }

  get passes(): number {
    return this.map.passes;
  }

  isBestApart(from: readonly number[], to: readonly number[]): boolean {
    const places = this.places();
    return this.map.isBestApart(from, places) || this.map.isBestApart(places, to);
  }

  watchLayers(listener: LayerListener): () => void {
    return this.map.watchLayers(listener);
  }

  dispose(): void {
    this.map.dispose();
  }

  private places(): number[] {
    return this.shapes.map((_, i) => this.weights + i);
  }
}

function lossOfOutputs({recorded, outputs, loss, sampleWeights, batchSize}: RecordedLoss): OutputLoss {
  return {
    outputs,
    sampleWeights,
    batchSize,
    tensorOf: value => recorded.recording.tensorOf(value),
    at: (...zs) => replay(recorded.recording, new Map(outputs.map(({z}, i) => [z, zs[i]!])), loss) as Scalar,
  };
}

/** H_z: the Hessian of the loss in z, as a map of tangents. The recording must still exist. The caller owns the map. */
export function outputHessian({outputs, tensorOf, at}: OutputLoss): Linearization {
  return linearizeGradient(
    at,
    outputs.map(({z}) => tensorOf(z)),
  );
}
