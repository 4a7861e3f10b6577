import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Value} from '../../graph/graph.js';
import {freshInStep} from '../../model/compiled-training/step-context.js';
import type {BlockKey} from '../probe.js';
import {drawPart} from '../probe.js';
import type {StepNumber, TracePenalty} from '../trace-penalty.js';
import type {TapedLoss} from './taped-loss.js';

/** Weights whose block of the curvature is penalized. */
export interface Block {
  /** A layer's name, or `weight n` in the model's order. */
  readonly name: string;
  /** Seeds its probes. */
  readonly key: BlockKey;
  readonly variables: readonly Variable[];
}

/** Directions, one for each of some recorded weights. */
export type Probe = ReadonlyMap<Value, Tensor>;

/** The probes of one block, or joint probes of several blocks. */
export interface ProbedBlocks {
  /** `null` for joint probes. */
  readonly name: string | null;
  readonly probes: readonly Probe[];
}

/** Estimates of traces. */
export interface TapedTraces {
  /** Their sum; `null` if the curvature is zero. */
  readonly total: Tensor | null;
  /** The trace of each block; none for joint probes. */
  readonly blocks: readonly (readonly [name: string, trace: Tensor])[];
}

/**
 * Random directions v with E vvᵀ = I for the blocks, or with v = (v₁, v₂, …) for all of them together: E vᵀHv = Σ tr(H_block).
 * Tensors belong to the scope.
 */
export function drawProbes(
  {recording}: TapedLoss,
  penalty: TracePenalty,
  step: StepNumber,
  blocks: readonly Block[],
): ProbedBlocks[] {
  const draw = (name: string | null, of: readonly Block[]): ProbedBlocks => ({
    name,
    probes: Array.from({length: penalty.probes}, (_, index) => {
      const tangents = new Map<Value, Tensor>();
      for (const block of of) {
        block.variables.forEach((variable, i) => {
          const part = () => drawPart(penalty, {step: step(), block: block.key, index}, i, variable.size);
          // A weight that the loss does not depend on is not in the recording.
          const value = recording.find(variable);
          if (value !== undefined)
            tangents.set(
              value,
              freshInStep(() => tf.tensor(part(), variable.shape)),
            );
        });
      }
      return tangents;
    }),
  });
  return penalty.probe === 'joint' ? [draw(null, blocks)] : blocks.map(block => draw(block.name, [block]));
}

/**
 * Hutchinson's estimates of the traces of the loss's curvature in some blocks: the mean of vᵀHv over probes v of mean 0
 * and unit covariance (Hutchinson 1989). Their gradient is exact. Tensors belong to the scope.
 */
export function tracesOnTape(
  taped: TapedLoss,
  curvature: TracePenalty['curvature'],
  probed: readonly ProbedBlocks[],
): TapedTraces {
  const traces = probed.flatMap(({name, probes}) => {
    const forms = probes.flatMap(probe => quadraticForm(taped, curvature, probe) ?? []);
    const total = sum(forms);
    return total === null ? [] : [{name, trace: probes.length > 1 ? tf.div(total, probes.length) : total}];
  });
  return {
    total: sum(traces.map(({trace}) => trace)),
    blocks: traces.flatMap(({name, trace}) => (name === null ? [] : [[name, trace] as const])),
  };
}

/**
 * vᵀHv: the second coefficient of the loss along v. vᵀGv = żᵀ (∂²ℓ/∂z²) ż with ż = Jv: first order as far as the outputs,
 * second order from there to the loss.
 */
function quadraticForm(
  {jets, loss, outputs}: TapedLoss,
  curvature: TracePenalty['curvature'],
  probe: Probe,
): Tensor | null {
  if (curvature === 'hessian') return jets.push(probe, loss).second;
  const ż = jets.pushTangents(probe, outputs);
  const moved = outputs.flatMap((z, i) => (ż[i] ? [[z, ż[i]] as const] : []));
  return jets.push(new Map(moved), loss).second;
}

function sum(terms: readonly Tensor[]): Tensor | null {
  return terms.length === 0 ? null : terms.reduce((a, b) => tf.add(a, b));
}
