import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Slot} from '../autodiff/recording.js';
import type {HessianTraceRegularizer} from './hessian-trace-regularizer.js';
import {drawProbe} from './probe.js';
import type {TapedLoss} from './taped-loss.js';

/** Weights whose block of the curvature is penalized. */
export interface Block {
  /** A layer's name, or `weight n` in the model's order. */
  readonly name: string;
  readonly variables: readonly Variable[];
}

/** Estimates of traces, on the tape. */
export interface TapedTraces {
  /** Their sum; `null` where the curvature is zero. */
  readonly total: Tensor | null;
  /** By block, where blocks have probes of their own. */
  readonly blocks: readonly (readonly [name: string, trace: Tensor])[];
}

/**
 * Hutchinson's estimates of the traces of the loss's curvature in some blocks: the mean of vᵀHv over probes v of mean 0
 * and unit covariance (Hutchinson 1989). Their gradient is exact. Tensors belong to the scope.
 */
export function tracesOnTape(
  taped: TapedLoss,
  regularizer: HessianTraceRegularizer,
  step: number,
  blocks: readonly Block[],
): TapedTraces {
  if (regularizer.probe === 'joint') return {total: trace(taped, regularizer, step, blocks), blocks: []};
  const traces = blocks.flatMap(block => {
    const value = trace(taped, regularizer, step, [block]);
    return value === null ? [] : [[block.name, value] as const];
  });
  return {total: sum(traces.map(([, value]) => value)), blocks: traces};
}

/** The trace over blocks that share their probes: with v = (v₁, v₂, …), E vᵀHv = Σ tr(H_block). */
function trace(
  taped: TapedLoss,
  regularizer: HessianTraceRegularizer,
  step: number,
  blocks: readonly Block[],
): Tensor | null {
  const forms: Tensor[] = [];
  for (let index = 0; index < regularizer.probes; index++) {
    const tangents = new Map<Slot, Tensor>();
    for (const {name, variables} of blocks) {
      const sizes = variables.map(variable => variable.size);
      drawProbe(regularizer, {step, block: name, index}, sizes).forEach((entries, i) => {
        const variable = variables[i]!;
        // A weight that the loss does not depend on has no place in the recording.
        const slot = taped.slotOf(variable);
        if (slot !== undefined) tangents.set(slot, tf.tensor(entries, variable.shape));
      });
    }
    const form = regularizer.curvature === 'hessian' ? hessianForm(taped, tangents) : gaussNewtonForm(taped, tangents);
    if (form !== null) forms.push(form);
  }
  const total = sum(forms);
  return total && regularizer.probes > 1 ? tf.div(total, regularizer.probes) : total;
}

/** vᵀHv: the second coefficient of the loss along v. */
function hessianForm({jets, loss}: TapedLoss, tangents: ReadonlyMap<Slot, Tensor>): Tensor | null {
  return jets.push(tangents, loss).second;
}

/** vᵀGv = żᵀ (∂²ℓ/∂z²) ż with ż = Jv: first order as far as the outputs, second order from there to the loss. */
function gaussNewtonForm({jets, loss, outputs}: TapedLoss, tangents: ReadonlyMap<Slot, Tensor>): Tensor | null {
  const ż = jets.pushTangents(tangents, outputs);
  const moved = outputs.flatMap((z, i) => (ż[i] ? [[z, ż[i]] as const] : []));
  return jets.push(new Map(moved), loss).second;
}

function sum(terms: readonly Tensor[]): Tensor | null {
  return terms.length === 0 ? null : terms.reduce((a, b) => tf.add(a, b));
}
