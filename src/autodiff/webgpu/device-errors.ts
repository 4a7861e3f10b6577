import * as tf from '@tensorflow/tfjs-core';
import {EngineError} from '../../errors.js';
import {interceptKernels} from '../../tfjs-internals/core/kernels.js';
import type {ErrorScopes} from '../../tfjs-internals/core/webgpu.js';
import {gpuDevice, submitCommands} from '../../tfjs-internals/core/webgpu.js';
import {moveMasks} from './mask-buffers.js';

// WebGPU tells of a shader that it refuses later, and to nobody in particular: TensorFlow.js goes on with a result that is
// undefined. So kernels run in error scopes of the device, and who hands numbers out waits for what the device says.

/** Waits until the device has judged what has run. @throws EngineError where it has refused a kernel since this was made. */
export type DeviceVerdict = () => Promise<void>;

/** `null` on engines that tell of a kernel that they cannot run when it is called. */
export function deviceVerdict(): DeviceVerdict | null {
  return currentLog()?.verdict() ?? null;
}

/** Runs a function, each of whose kernels the device is to judge where it is one that tells later. */
export function judged<T>(body: () => T, areNew = true): T {
  const stop = judgeKernels(areNew);
  try {
    return body();
  } finally {
    stop();
  }
}

/**
 * Has each kernel judged until what it returns is called.
 *
 * @param areNew whether they may not have been judged before.
 */
export function judgeKernels(areNew = true): () => void {
  const log = currentLog();
  if (log === null) return () => {};
  const restore = moveMasks();
  if (!areNew) return restore;
  log.setApart();
  const stop = interceptKernels((kernel, run) => (RUN_NOTHING.has(kernel) ? run() : log.judge(kernel, run)));
  return () => {
    stop();
    restore();
  };
}

/** Kernels that give a tensor another shape or another reference. */
const RUN_NOTHING: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'ExpandDims']);

const FILTERS = ['validation', 'out-of-memory', 'internal'] as const;

interface Refusal {
  readonly kernel: string;
  readonly message: string;
  /** Which of all runs of kernels it was. */
  readonly run: number;
}

/** A training that goes on regardless must not grow by them. */
const MOST_REFUSALS = 1000;

/** What a device has said of the kernels that it was asked about. */
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

  /** What has run before must not be blamed on the next kernel, with which the device would hear of it. */
  setApart(): void {
    this.inScopes(submitCommands, () => {});
  }

  private inScopes<T>(body: () => T, onError: (message: string) => void): T {
    for (const filter of FILTERS) this.device.pushErrorScope(filter);
    try {
      return body();
    } finally {
      const heard = hear(
        FILTERS.map(() => this.device.popErrorScope()),
        onError,
      );
      this.pending.add(heard);
      heard.finally(() => this.pending.delete(heard));
    }
  }
}

async function hear(
  scopes: readonly Promise<{readonly message: string} | null>[],
  onError: (message: string) => void,
): Promise<void> {
  // A device that is lost may refuse to answer, which `lost` tells of.
  for (const answer of await Promise.allSettled(scopes)) {
    if (answer.status === 'fulfilled' && answer.value !== null) onError(answer.value.message);
  }
}

function refused({kernel, message}: Refusal): EngineError {
  return new EngineError(
    `WebGPU refuses the kernel "${kernel}" as TensorFlow.js writes it (${firstLine(message)}): its result is undefined, and ` +
      "so is all that comes of it. Use another engine, await tf.setBackend('webgl'), or a model that does not run it.",
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
