import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {pushJets} from '../../../src/autodiff/forward-mode/jets.js';
import {Linearization} from '../../../src/autodiff/forward-mode/linearization.js';
import {Recorder, record} from '../../../src/autodiff/recording/recording.js';
import type {Jet} from '../../../src/autodiff/rules/rule.js';
import {ruleOf} from '../../../src/autodiff/rules/rule-table.js';
import {runKernel} from '../../../src/kernels/run-kernel.js';
import type {KernelSample} from './samples/sample.js';
import {inputsOf} from './samples/sample.js';

type Inputs = Readonly<Record<string, Tensor>>;

/** A kernel at the point of a sample. */
export class SampledKernel {
  readonly inputs: Inputs;
  /** The inputs that get tangents. */
  readonly moving: readonly string[];

  constructor(
    readonly name: string,
    private readonly sample: KernelSample,
  ) {
    this.inputs = inputsOf(name, sample);
    const {differentiable} = ruleOf(name)!;
    this.moving = Object.keys(this.inputs).filter(
      input =>
        this.inputs[input]!.dtype === 'float32' &&
        (differentiable === 'all' || differentiable.includes(input)) &&
        !sample.fixed?.includes(input),
    );
  }

  run(inputs: Inputs = this.inputs): Tensor[] {
    return runKernel(this.name, inputs, this.sample.attrs);
  }

  /** x + h ẋ + h² ẍ/2, for the moving inputs. */
  moved(first: Inputs, h: number, second: Inputs = {}): Inputs {
    const along = (name: string) => {
      const x = tf.add(this.inputs[name]!, tf.mul(first[name]!, h));
      return second[name] ? tf.add(x, tf.mul(second[name], (h * h) / 2)) : x;
    };
    return {...this.inputs, ...Object.fromEntries(this.moving.map(name => [name, along(name)]))};
  }

  /** How many kernels a push of several tangents of one input at once runs. */
  cost(input: string, probes: number): number {
    return tf.tidy(() => {
      const tangent = tf.ones([probes, ...this.inputs[input]!.shape]);
      let kernels = 0;
      this.linearized([input], this.inputs, (map, outputs) => {
        const {recording} = record(() => void map.push([0], [tangent], outputs, probes));
        kernels = recording.nodes.length;
        recording.release();
        return [];
      });
      return kernels;
    });
  }

  /** The tangents of all outputs; with `probes`, tangents have a leading axis of that length. `null` is zero. */
  push(
    from: readonly string[],
    tangents: Inputs,
    {at = this.inputs, probes = null as number | null} = {},
  ): (Tensor | null)[] {
    return this.linearized(from, at, (map, outputs) =>
      map.push(
        from.map((_, i) => i),
        from.map(name => tangents[name]!),
        outputs,
        probes,
      ),
    );
  }

  private linearized(
    from: readonly string[],
    at: Inputs,
    use: (map: Linearization, outputs: number[]) => (Tensor | null)[],
  ): (Tensor | null)[] {
    const {result, recording} = record(() => this.run(at).map(y => tf.keep(y)));
    const slots = (tensors: readonly Tensor[]) => tensors.map(tensor => recording.find(tensor) ?? null);
    const map = new Linearization(recording, slots(from.map(name => at[name]!)), slots(result));
    try {
      return use(
        map,
        result.map((_, i) => i),
      );
    } finally {
      map.dispose();
      for (const y of result) y.dispose();
    }
  }

  /** ẏ and ÿ of one output along a line through the point. */
  jet(at: Inputs, tangents: Inputs, output: number): Jet {
    const recorder = new Recorder();
    try {
      const y = this.run(at)[output]!;
      const {recording} = recorder;
      const lines = new Map(this.moving.map(name => [recording.valueOf(at[name]!), tangents[name]!]));
      return recorder.pause(() => pushJets(recording, lines, recording.valueOf(y)));
    } finally {
      recorder.stop().release();
    }
  }
}

/** Makes a jet while TensorFlow.js' tape is on, as in a training step. */
export function onTape(make: () => Jet): Jet {
  let jet: Jet | undefined;
  const copy = (t: Tensor | null) => t && tf.keep(t.clone());
  tf.grad(x => {
    const {first, second} = make();
    jet = {first: copy(first), second: copy(second)};
    return tf.neg(x);
  })(tf.scalar(0));
  return jet!;
}

/** f′(0) by central differences with Richardson extrapolation (1911); the error is of order h⁴. */
export function differentiate(f: (h: number) => Tensor, h: number): Tensor {
  const central = (step: number) => tf.div(tf.sub(f(step), f(-step)), 2 * step);
  return tf.div(tf.sub(tf.mul(central(h / 2), 4), central(h)), 3);
}

/** ‖a − b‖ / max(1, ‖b‖); `null` is zero. */
export function distance(a: Tensor | null, b: Tensor): number {
  const difference = a === null ? b : tf.sub(a, b);
  return tf.norm(difference).dataSync()[0]! / Math.max(1, tf.norm(b).dataSync()[0]!);
}
