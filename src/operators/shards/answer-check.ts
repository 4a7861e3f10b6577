import {isRecord} from '../../arguments/options.js';
import {TfjsHessianError} from '../../errors.js';
import {isPackedTensor} from '../../model/sent/packed-tensors.js';
import type {AnswerMessage} from './messages.js';

/**
 * Checks the answers to one task: each batch is in one of them, once, and each sum has the shapes of what was asked for. TensorFlow.js would
 * add tensors of other shapes, too.
 */
export class AnswerCheck {
  private readonly answered: Set<number> = new Set();

  /**
   * @param batches the number of batches.
   * @param shapes of the tensors of a sum.
   */
  constructor(
    private readonly batches: number,
    private readonly shapes: readonly (readonly number[])[],
  ) {}

  /** @throws TfjsHessianError for something else than an answer. */
  take(value: unknown): AnswerMessage {
    const answer = value as AnswerMessage;
    if (!isRecord(value)) throw wrong('it has no parts');
    const {batches, sums, passes, doubtful} = answer;
    if (
      !Number.isFinite(passes) ||
      passes < 0 ||
      !(doubtful === null || this.isBatch(doubtful)) ||
      !Array.isArray(sums)
    ) {
      throw wrong('it lacks a part');
    }
    let count = 0;
    for (const sum of sums as AnswerMessage['sums']) {
      if (!isRecord(sum)) throw wrong('one of its sums has no parts');
      const {level, index, value: tensors} = sum;
      const width = 2 ** level;
      if (!Number.isSafeInteger(level) || level < 0 || level > 52 || !this.isBatch(index * width)) {
        throw wrong('one of its sums is of batches that there are not');
      }
      for (let batch = index * width; batch < Math.min(this.batches, (index + 1) * width); batch++) {
        if (this.answered.has(batch)) throw wrong(`batch ${batch} was answered before`);
        this.answered.add(batch);
        count++;
      }
      if (!Array.isArray(tensors) || tensors.length !== this.shapes.length)
        throw wrong('a sum has another number of tensors');
      for (const [i, tensor] of tensors.entries()) this.checkTensor(tensor, this.shapes[i]!);
    }
    if (count !== batches) throw wrong(`it has ${count} batches and says ${batches}`);
    return answer;
  }

  private checkTensor(tensor: unknown, shape: readonly number[]): void {
    if (tensor === null) return;
    if (!isPackedTensor(tensor) || tensor.dtype !== 'float32' || tensor.shape.join() !== shape.join()) {
      throw wrong(`a tensor is not one of shape [${shape.join(', ')}]`);
    }
  }

  private isBatch(value: unknown): boolean {
    return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < this.batches;
  }
}

function wrong(why: string): TfjsHessianError {
  return new TfjsHessianError(`A worker sent something that is no answer to its task: ${why}.`);
}
