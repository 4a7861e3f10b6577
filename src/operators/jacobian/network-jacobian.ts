import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {withRightGradients} from '../../autodiff/corrections/scope.js';
import {Linearization} from '../../autodiff/linearization.js';
import type {OwnGradient, Recording, Slot} from '../../autodiff/recording.js';
import {noteMissingGradient, Recorder, record} from '../../autodiff/recording.js';
import {replay} from '../../autodiff/replay.js';
import type {Batch} from '../../model/batch.js';
import {standardizeBatch} from '../../model/batch.js';
import {dataLoss} from '../../model/data-loss.js';
import type {WeightedLayer} from '../../model/layers/weighted-layers.js';
import {variablesOf, weightedLayers} from '../../model/layers/weighted-layers.js';
import type {RecordedOutput} from '../../model/output-layer.js';
import {findOutput, likelihoodLosses} from '../../model/output-layer.js';
import {undisturbed} from '../../model/undisturbed.js';
import {abandonTape} from '../../tfjs-internals/core/tape.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';

/** J: how a network's outputs z change with its weights, on one batch; and the loss as a function of z. */
export interface NetworkJacobian {
  readonly layers: readonly WeightedLayer[];
  /** The shapes of z, one an output. */
  readonly shapes: readonly (readonly number[])[];
  /** J v: from tangents of weights, named by their positions, to tangents of all z. */
  forward(from: readonly number[], tangents: readonly Tensor[], probes: number | null): Tensor[];
  /** Jᵀ u: from cotangents of all z to those of weights; `null` where it is zero. */
  backward(cotangents: readonly Tensor[], to: readonly number[], probes: number | null): (Tensor | null)[];
  readonly passes: number;
  /** Whether k tangents, there and back, take as long at once as one after the other. */
  isBestApart(from: readonly number[], to: readonly number[]): boolean;
  dispose(): void;
}

/** What is recorded once of a batch. The tensors are kept. */
export interface RecordedNetwork<Curvature> {
  readonly jacobian: NetworkJacobian;
  readonly loss: Scalar;
  /** ∇_z L. */
  readonly outputGradients: readonly Tensor[];
  readonly curvature: Curvature;
  /** Where Jᵀ, which TensorFlow.js' gradient gives, may not be the transpose of J. */
  readonly ownGradients: readonly OwnGradient[];
}

/** The loss as a function of z, to be differentiated while the recording is there. */
export interface OutputLoss {
  readonly outputs: readonly RecordedOutput[];
  readonly sampleWeights: readonly (Tensor | null)[];
  readonly batchSize: number;
  /** L(z), on the tape. */
  at(z: readonly Tensor[]): Scalar;
}

/**
 * Records a network on a batch.
 *
 * @param curvatureOf makes what is wanted of the loss's curvature in z. It must keep what it returns.
 */
export function recordNetwork<Curvature extends {dispose(): void}>(
  model: LayersModel,
  batch: Batch,
  seed: number,
  curvatureOf: (loss: OutputLoss) => Curvature,
): RecordedNetwork<Curvature> {
  const layers = weightedLayers(model);
  const variables = variablesOf(layers);
  const losses = likelihoodLosses(model);
  return inScope(() => {
    const standard = standardizeBatch(model, batch);
    return undisturbed(model, {training: standard.training, seed}, currentLayer => {
      const recorder = new Recorder(currentLayer);
      const {recording} = recorder;
      const outputs: RecordedOutput[] = [];
      const cotangents: Tensor[] = [];
      let lossSlot: Slot | undefined;
      let gradients: (Tensor | null)[] = [];
      try {
        // The gradient of ⟨z, u⟩ for fixed u: linear in u, it is Jᵀ u.
        const {grads} = tf.variableGrads(() => {
          lossSlot = recording.touch(
            dataLoss(model, standard, (prediction, target, i) => {
              outputs.push(findOutput(recording, prediction, target, losses[i] ?? null));
            }),
          );
          const terms = outputs.map(({z}) => {
            const u = recorder.pause(() => tf.onesLike(z.tensor!));
            cotangents.push(u);
            return tf.sum(tf.mul(z.tensor!, u));
          });
          return terms.reduce((a, b) => tf.add(a, b)) as Scalar;
        }, variables);
        gradients = variables.map(variable => grads[variable.name] ?? null);
      } catch (error) {
        recorder.stop().release();
        noteMissingGradient(error, recording);
        abandonTape();
        throw error;
      }
      recorder.stop();
      const loss = outputLoss(recording, outputs, lossSlot!, standard.sampleWeights);
      const made: {dispose(): void}[] = [recording];
      try {
        const zs = outputs.map(({z}) => z.tensor!);
        const outputGradients = withRightGradients(() =>
          tf
            .grads((...z: Tensor[]) => loss.at(z))(zs)
            .map(g => tf.keep(g)),
        );
        made.push(...outputGradients);
        const curvature = curvatureOf(loss);
        made.push(curvature);
        const value = tf.keep(lossSlot!.tensor!.clone()) as Scalar;
        made.push(value);
        const jacobian = new LinearizedJacobian(
          layers,
          outputs.map(({z}) => z.shape),
          linearize(recording, variables, outputs, cotangents, gradients),
        );
        return {jacobian, loss: value, outputGradients, curvature, ownGradients: recording.ownGradients};
      } catch (error) {
        for (const owner of made) owner.dispose();
        throw error;
      }
    });
  });
}

function linearize(
  recording: Recording,
  variables: readonly Tensor[],
  outputs: readonly RecordedOutput[],
  cotangents: readonly Tensor[],
  gradients: readonly (Tensor | null)[],
): Linearization {
  const range = (start: number, count: number) => Array.from({length: count}, (_, i) => start + i);
  const slots = (tensors: readonly (Tensor | null)[]) => tensors.map(t => (t && recording.slotOf(t)) ?? null);
  const [n, m] = [variables.length, outputs.length];
  return new Linearization(
    recording,
    [...slots(variables), ...slots(cotangents)],
    [...slots(gradients), ...outputs.map(({z}) => z)],
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

  dispose(): void {
    this.map.dispose();
  }

  private places(): number[] {
    return this.shapes.map((_, i) => this.weights + i);
  }
}

function outputLoss(
  recording: Recording,
  outputs: readonly RecordedOutput[],
  loss: Slot,
  sampleWeights: readonly (Tensor | null)[],
): OutputLoss {
  return {
    outputs,
    sampleWeights,
    batchSize: outputs[0]!.z.shape[0]!,
    at: z => replay(recording, new Map(outputs.map((output, i) => [output.z, z[i]!])), loss) as Scalar,
  };
}

/** H_z: the Hessian of the loss in z, as a map of tangents. Must run while the recording is there; the caller owns it. */
export function outputHessian(loss: OutputLoss): Linearization {
  const zs = loss.outputs.map(({z}) => z.tensor!);
  const {result, recording} = record(() =>
    tf
      .grads((...z: Tensor[]) => loss.at(z))(zs)
      .map(g => tf.keep(g)),
  );
  try {
    return new Linearization(
      recording,
      zs.map(z => recording.slotOf(z) ?? null),
      result.map(g => recording.slotOf(g) ?? null),
    );
  } finally {
    for (const tensor of result) tensor.dispose();
  }
}
