import type {Tensor} from '@tensorflow/tfjs-core';
import {deviceVerdict, judgeKernels} from '../../autodiff/webgpu/device-errors.js';

/**
 * Asks a device that refuses kernels asynchronously (WebGPU) whether it has accepted the kernels of penalized steps. It asks in
 * the first steps on batches of each shape, until the device has accepted all kernels of one step.
 */
export class StepJudge {
  private readonly taken = new Set<string>();
  private refusal: Error | null = null;
  private newest: Promise<void> = Promise.resolve();
  private stop: (() => void) | null = null;

  /** @throws EngineError if a kernel of an earlier step has been refused. */
  begin(batch: readonly Tensor[], penalties: number): void {
    if (this.refusal !== null) throw this.takeRefusal();
    const verdict = deviceVerdict();
    if (verdict === null) return;
    const kind = `${penalties} ${batch.map(({shape}) => shape.join()).join(' ')}`;
    const isNew = !this.taken.has(kind);
    const stop = judgeKernels(isNew);
    this.stop = () => {
      stop();
      if (!isNew) return;
      this.newest = verdict().then(
        () => void this.taken.add(kind),
        error => {
          this.refusal = error;
        },
      );
    };
  }

  end(): void {
    this.stop?.();
    this.stop = null;
  }

  /** @throws EngineError if a kernel of a finished step has been refused. */
  async settled(): Promise<void> {
    await this.newest;
    if (this.refusal !== null) throw this.takeRefusal();
  }

  /** Returns the error once. The next training is judged again. */
  private takeRefusal(): Error {
    const {refusal} = this;
    this.refusal = null;
    return refusal!;
  }
}
