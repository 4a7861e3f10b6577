import type {Tensor} from '@tensorflow/tfjs-core';
import {deviceVerdict, judgeKernels} from '../../autodiff/webgpu/device-errors.js';

/**
 * Has the kernels of penalized steps judged by the device, where it is one that tells later of kernels that it refuses: of the
 * first steps on batches of each shape, until one is over and taken.
 */
export class StepJudge {
  private readonly taken = new Set<string>();
  private refusal: Error | null = null;
  private newest: Promise<void> = Promise.resolve();
  private stop: (() => void) | null = null;

  /** @throws EngineError where a kernel of an earlier step has been refused. */
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

  /** @throws EngineError where a kernel of a step that is over has been refused. */
  async settled(): Promise<void> {
    await this.newest;
    if (this.refusal !== null) throw this.takeRefusal();
  }

  /** Told once: the next training is judged anew. */
  private takeRefusal(): Error {
    const {refusal} = this;
    this.refusal = null;
    return refusal!;
  }
}
