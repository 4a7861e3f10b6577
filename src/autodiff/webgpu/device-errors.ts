import * as tf from '@tensorflow/tfjs-core';
import {EngineError} from '../../errors.js';
import {interceptKernels} from '../../tfjs-internals/core/kernels.js';
import type {ErrorScopes} from '../../tfjs-internals/core/webgpu.js';
import {gpuDevice, submitCommands} from '../../tfjs-internals/core/webgpu.js';
import {moveMasks} from './mask-buffers.js';

// WebGPU reports a rejected shader later and asynchronously; TensorFlow.js goes on with an undefined result. So kernels run
// in error scopes of the device, and functions that return numbers wait for the device's reports first.

/**
 * Waits until the device has reported on all kernels that have run.
 *
 * @throws EngineError if the device has rejected a kernel since this function was made.
 */
export type DeviceVerdict = () => Promise<void>;

/** @returns `null` on engines that report a kernel that they cannot run at once. */
export function deviceVerdict(): DeviceVerdict | null {
  return currentLog()?.verdict() ?? null;
}

/** Runs a function in which each kernel is checked by the device, as `judgeKernels` does. */
export function judged<T>(body: () => T, areNew = true): T {
  const stop = judgeKernels(areNew);
  try {
    return body();
  } finally {
    stop();
  }
}

/**
 * Has the device check each kernel, where it reports errors asynchronously.
 *
 * @param areNew whether the kernels may be unchecked ones; known kernels run without error scopes.
 * @returns ends the checks.
 */
export function judgeKernels(areNew = true): () => void {
  const log = currentLog();
  if (log === null) return () => {};
  const restore = moveMasks();
  if (!areNew) return restore;
  log.submitPending();
  const stop = interceptKernels((kernel, run) => (RUN_NOTHING.has(kernel) ? run() : log.judge(kernel, run)));
  return () => {
    stop();
    restore();
  };
}

/** Kernels that run no shader: they change a shape or make a reference. */
const RUN_NOTHING: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'ExpandDims']);

const FILTERS = ['validation', 'out-of-memory', 'internal'] as const;

interface Refusal {
  readonly kernel: string;
  readonly message: string;
  /** The number of the run, counted over all kernels. */
  readonly run: number;
}

/** Limits the memory of a training that goes on after errors. */
const MOST_REFUSALS = 1000;

/** The reports of one device. */
class DeviceLog {
  private readonly refusals: Refusal[] = [];
  private readonly pending = new Set<Promise<void>>();
  private runs = 0;
  private lost: EngineError | null = null;

  constructor(private readonly device: ErrorScopes) {
    device.lost.then(({message}) => {
      this.lost = new EngineError(
        `The WebGPU device was lost (${firstLine(message)}), and all tensors on it with it. Reload the page, or use another ` +
          "engine: await tf.setBackend('webgl').",
        tf.getBackend(),
      );
    });
  }

  verdict(): DeviceVerdict {
    const before = this.runs;
    return async () => {
      await Promise.all(this.pending);
      if (this.lost !== null) throw this.lost;
      const [first] = this.refusals.filter(({run}) => run > before).sort((a, b) => a.run - b.run);
      if (first !== undefined) throw refused(first);
    };
  }

  judge<T>(kernel: string, run: () => T): T {
    const number = ++this.runs;
    return this.inScopes(run, message => {
      this.refusals.push({kernel, message, run: number});
      if (this.refusals.length > MOST_REFUSALS) this.refusals.shift();
    });
  }

  /** Submits pending commands, so that their errors are not attributed to the next kernel. */
  submitPending(): void {
    this.inScopes(submitCommands, () => {});
  }

  private inScopes<T>(body: () => T, onError: (message: string) => void): T {
    for (const filter of FILTERS) this.device.pushErrorScope(filter);
    try {
      return body();
    } finally {
      const pending = collectErrors(
        FILTERS.map(() => this.device.popErrorScope()),
        onError,
      );
      this.pending.add(pending);
      pending.finally(() => this.pending.delete(pending));
    }
  }
}

async function collectErrors(
  scopes: readonly Promise<{readonly message: string} | null>[],
  onError: (message: string) => void,
): Promise<void> {
  // A lost device may not answer; `lost` reports that.
  for (const answer of await Promise.allSettled(scopes)) {
    if (answer.status === 'fulfilled' && answer.value !== null) onError(answer.value.message);
  }
}

function refused({kernel, message}: Refusal): EngineError {
  return new EngineError(
    `WebGPU rejects the kernel "${kernel}" as TensorFlow.js writes it (${firstLine(message)}). Its result is undefined, and ` +
      "so is everything computed from it. Use another engine, await tf.setBackend('webgl'), or a model that does not run it.",
    'webgpu',
    kernel,
  );
}

function firstLine(message: string): string {
  return message.trim().split('\n')[0]!.slice(0, 200);
}

const logs = new WeakMap<ErrorScopes, DeviceLog>();

function currentLog(): DeviceLog | null {
  const device = gpuDevice();
  if (device === null) return null;
  let log = logs.get(device);
  if (log === undefined) {
    log = new DeviceLog(device);
    logs.set(device, log);
  }
  return log;
}
