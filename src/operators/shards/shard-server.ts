import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, ModelCompileArgs} from '@tensorflow/tfjs-layers';
import {deviceVerdict, judged} from '../../autodiff/webgpu/device-errors.js';
import {decodeMessage, encodeMessage} from '../../binary-message.js';
import type {Batch} from '../../model/batch.js';
import {disposeBatch, mapBatch} from '../../model/batch-tensors.js';
import {pack, unpack} from '../../model/sent/packed-tensors.js';
import {Replica} from '../../model/sent/replica.js';
import {useBackend} from '../../model/sent/use-backend.js';
import type {Disposable} from '../../owned.js';
import {deriveSeed} from '../../random.js';
import {BatchMaps} from '../from-model/batch-maps.js';
import {addProduct} from '../from-model/dataset-map.js';
import {defaultMemoryLimit} from '../from-model/default-memory-limit.js';
import {PairwiseSum, weighted} from '../from-model/pairwise-sum.js';
import {linearizerOf} from './linearizers.js';
import type {AnswerMessage, BatchMessage, MemoryLimit, SetupMessage, TaskMessage} from './messages.js';
import {compareWithWitness, lossAndGradient} from './witness.js';

/** Options of a `ShardServer`. */
export interface ShardServerArgs {
  /** Of the linearizations of batches. */
  readonly memoryLimit: MemoryLimit;
  /** The loss, where the model's own is a function. */
  readonly loss?: ModelCompileArgs['loss'];
}

/** Computes tasks on some batches of a data set with a copy of another thread's model. It owns the copy, batches and linearizations. */
export class ShardServer implements Disposable {
  private readonly batches = new Map<number, Batch>();
  private readonly maps: BatchMaps;

  private constructor(
    private readonly setup: SetupMessage,
    private readonly replica: Replica,
    private readonly model: LayersModel,
    memoryLimit: number,
  ) {
    const linearize = linearizerOf(setup.kind);
    this.maps = new BatchMaps(
      (batch, checked) => linearize(this.model, this.batches.get(batch)!, deriveSeed(this.setup.seed, batch), checked),
      memoryLimit,
    );
  }

  /**
   * @param setup a `SetupMessage`.
   * @throws InvalidArgumentError if the copy of the model cannot be made, or does not compute what the model does.
   */
  static async open(setup: Uint8Array, {memoryLimit, loss}: ShardServerArgs): Promise<ShardServer> {
    const message = decodeMessage<SetupMessage>(setup);
    await useBackend(message.backend);
    const replica = new Replica('serveProducts', loss);
    try {
      const model = await replica.of(message.model);
      const {witness, kind, seed} = message;
      const rows = mapBatch(witness.batch, unpack);
      try {
        const found = lossAndGradient(linearizerOf(kind), model, rows, deriveSeed(seed, 0));
        const [[value], gradient] = await Promise.all([found.loss.data(), found.gradient.data()]);
        tf.dispose([found.loss, found.gradient]);
        compareWithWitness({loss: value!, gradient: gradient as Float32Array}, witness);
      } finally {
        disposeBatch(rows);
      }
      return new ShardServer(message, replica, model, bytesOf(memoryLimit));
    } catch (error) {
      replica.dispose();
      throw error;
    }
  }

  /** Whether it holds a batch. */
  has(batch: number): boolean {
    return this.batches.has(batch);
  }

  /** @param bytes a `BatchMessage`. */
  put(batch: number, bytes: Uint8Array): void {
    if (!this.has(batch)) this.batches.set(batch, mapBatch(decodeMessage<BatchMessage>(bytes), unpack));
  }

  /**
   * Runs a task on batches that it holds.
   *
   * @param task a `TaskMessage`.
   * @param pause is called before each batch. It may throw.
   * @returns an `AnswerMessage`.
   */
  async run(
    task: Uint8Array,
    batches: readonly number[],
    pause: () => Promise<void>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const message = decodeMessage<TaskMessage>(task);
    const {sizes} = this.setup;
    const sum = new PairwiseSum(sizes.length);
    const samples = sizes.reduce((a, b) => a + b, 0);
    const tangents = message.type === 'product' ? message.tangents.map(unpack) : [];
    let passes = 0;
    let doubtful: number | null = null;
    try {
      const verdict = message.type === 'gradient' ? deviceVerdict() : null;
      for (const batch of [...batches].sort((a, b) => a - b)) {
        await pause();
        const share = sizes[batch]! / samples;
        if (message.type === 'gradient') {
          judged(() =>
            this.maps.first(batch, ({loss, gradient, check}) => {
              if (check !== null) doubtful ??= batch;
              sum.add({level: 0, index: batch, value: weighted([loss, gradient], share)});
            }),
          );
        } else {
          const {from, to, probes} = message;
          passes += tf.tidy(() => addProduct(sum, this.maps, batch, share, [from, tangents, to, probes]));
        }
      }
      await verdict?.();
      return await answerOf(sum, {batches: batches.length, passes, doubtful});
    } finally {
      sum.dispose();
      tf.dispose(tangents);
    }
  }

  dispose(): void {
    this.maps.dispose();
    for (const batch of this.batches.values()) disposeBatch(batch);
    this.batches.clear();
    this.replica.dispose();
  }
}

function bytesOf({given, atMost}: MemoryLimit): number {
  return Math.min(given ?? defaultMemoryLimit(), atMost);
}

async function answerOf(sum: PairwiseSum, rest: Omit<AnswerMessage, 'sums'>): Promise<Uint8Array<ArrayBuffer>> {
  const taken = sum.take();
  try {
    const sums = await Promise.all(
      taken.map(async ({level, index, value}) => ({
        level,
        index,
        value: await Promise.all(value.map(tensor => (tensor === null ? null : pack(tensor)))),
      })),
    );
    return encodeMessage({...rest, sums} satisfies AnswerMessage);
  } finally {
    for (const {value} of taken) for (const tensor of value) tensor?.dispose();
  }
}
