// Measures time by kernel and by layer. The native engine and plain JavaScript run a kernel synchronously, so a clock around
// the call measures the kernel. On a GPU it measures the time to submit it.

import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {Linearization} from '../../src/autodiff/forward-mode/linearization.js';
import {watchRunningLayer} from '../../src/model/running-layer.js';

/** Time in one kernel of one layer. */
export interface KernelTime {
  readonly kernel: string;
  /** `null` for kernels of no layer: the loss, the optimizer, orthogonalization. */
  readonly layer: string | null;
  readonly milliseconds: number;
  readonly calls: number;
}

export interface KernelProfile {
  readonly total: number;
  /** Slowest first. */
  readonly kernels: readonly KernelTime[];
}

interface TapedNode {
  gradient?: ((dys: unknown) => Record<string, () => unknown>) | null;
}

interface Engine {
  runKernel(kernel: string, inputs: unknown, attrs?: unknown): Tensor | Tensor[];
  addTapeNode(...args: unknown[]): void;
  readonly state: {activeTape: TapedNode[] | null};
}

/** Measures the kernels that run while it is on (forward, backward and in products), by layer. */
export class KernelClock {
  private times = new Map<string, {kernel: string; layer: string | null; milliseconds: number; calls: number}>();
  private layer: string | null = null;
  private depth = 0;
  private readonly undo: (() => void)[] = [];

  constructor(model: LayersModel) {
    const running = watchRunningLayer(model);
    this.undo.push(() => running.release());
    const current = () => this.layer ?? running.name();
    const within = <T>(layer: string | null, body: () => T): T => {
      const before = this.layer;
      this.layer = layer;
      try {
        return body();
      } finally {
        this.layer = before;
      }
    };
    const engine = tf.engine() as unknown as Engine;
    const {runKernel, addTapeNode} = engine;
    engine.runKernel = (kernel, inputs, attrs) => {
      if (this.depth > 0) return runKernel.call(engine, kernel, inputs, attrs);
      this.depth++;
      const began = performance.now();
      try {
        return runKernel.call(engine, kernel, inputs, attrs);
      } finally {
        this.depth--;
        this.add(kernel, current(), performance.now() - began);
      }
    };
    // The gradient of a kernel counts for the kernel's layer. It returns functions that run kernels, one for each input.
    engine.addTapeNode = (...args) => {
      addTapeNode.apply(engine, args);
      const node = engine.state.activeTape?.at(-1);
      const {gradient} = node ?? {};
      const layer = current();
      if (!node || !gradient) return;
      node.gradient = dys =>
        Object.fromEntries(
          Object.entries(within(layer, () => gradient(dys))).map(([input, of]) => [input, () => within(layer, of)]),
        );
    };
    // A map of a product is its layer's.
    const {push} = Linearization.prototype;
    const clock = this;
    Linearization.prototype.push = function (...args) {
      return within(null, () => {
        const stop = this.watchLayers(layer => {
          clock.layer = layer;
        });
        try {
          return push.apply(this, args);
        } finally {
          stop();
        }
      });
    };
    this.undo.push(() => {
      delete (engine as Partial<Engine>).runKernel;
      delete (engine as Partial<Engine>).addTapeNode;
      Linearization.prototype.push = push;
    });
  }

  /** Profiles a function after one run to warm up; the mean over repetitions. */
  async profile(run: () => unknown, repetitions = 5): Promise<KernelProfile> {
    await run();
    this.times.clear();
    const began = performance.now();
    for (let i = 0; i < repetitions; i++) await run();
    const total = (performance.now() - began) / repetitions;
    const kernels = [...this.times.values()]
      .map(time => ({...time, milliseconds: time.milliseconds / repetitions, calls: time.calls / repetitions}))
      .sort((a, b) => b.milliseconds - a.milliseconds);
    return {total, kernels};
  }

  stop(): void {
    for (const step of this.undo.splice(0).reverse()) step();
  }

  private add(kernel: string, layer: string | null, milliseconds: number): void {
    const key = `${kernel} ${layer}`;
    const time = this.times.get(key) ?? {kernel, layer, milliseconds: 0, calls: 0};
    time.milliseconds += milliseconds;
    time.calls++;
    this.times.set(key, time);
  }
}

/** A profile's times added up by kernel or by layer, slowest first. */
export function by(
  key: 'kernel' | 'layer',
  {kernels}: KernelProfile,
): [name: string | null, milliseconds: number, calls: number][] {
  const sums = new Map<string | null, [number, number]>();
  for (const time of kernels) {
    const [milliseconds, calls] = sums.get(time[key]) ?? [0, 0];
    sums.set(time[key], [milliseconds + time.milliseconds, calls + time.calls]);
  }
  return [...sums]
    .map(([name, [ms, calls]]) => [name, ms, calls] as [string | null, number, number])
    .sort((a, b) => b[1] - a[1]);
}
