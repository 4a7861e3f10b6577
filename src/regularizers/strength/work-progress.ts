import {Work as LongWork, type Progress} from '../../long-work.js';

/** How far a long computation has come. */
export type WorkProgress = Progress;

/** Counts the units of a long computation, and lets it be aborted between them. */
export class Work {
  private readonly work: LongWork;

  constructor(
    total: number,
    signal: AbortSignal | undefined,
    onProgress: ((progress: WorkProgress) => void) | undefined,
  ) {
    this.work = new LongWork({...(signal && {signal}), ...(onProgress && {onProgress})}, total);
  }

  /**
   * Called after each unit.
   *
   * @throws the reason of the signal, and what `onProgress` throws.
   */
  async finish(units = 1): Promise<void> {
    this.work.count(units);
    await this.work.pause();
  }
}
