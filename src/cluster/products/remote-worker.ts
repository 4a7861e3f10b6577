import type {TeamMember} from '../team/product-team.js';
import {WorkerDeath} from '../team/worker-death.js';
import {workerError} from '../team/worker-error.js';
import type {Payload} from './payload.js';
import type {WireAnswer, WireRequest} from './wire.js';

/** What a worker's side of the operator does for it. */
export interface RemoteWorkerLink {
  /** Sends a request to the worker. Rejects if Redis does not answer, and then the worker is of no use. */
  send(request: WireRequest): Promise<void>;
  /** Uploads what all workers read, once. */
  share(bytes: Uint8Array): Promise<Payload>;
  /** Uploads a batch for this worker. */
  upload(batch: number): Promise<Payload>;
  /** Downloads an answer and removes it. */
  download(payload: Payload): Promise<Uint8Array>;
  /** Removes what an answer has that nobody waits for. */
  discard(payload: Payload): void;
}

interface Pending {
  resolve(answer: Uint8Array | Promise<Uint8Array>): void;
  reject(error: unknown): void;
}

/** How many batches may lie in Redis for a worker that has not read them. */
const WINDOW = 2;

/** A worker on any machine that computes products on its batches. */
export class RemoteWorker implements TeamMember {
  private death: Error | null = null;
  private count = 0;
  /** The batches that it has, or is being sent. */
  private readonly held = new Map<number, Promise<void>>();
  private readonly confirmations = new Map<number, Pick<Pending, 'reject'> & {resolve(): void}>();
  private readonly pending = new Map<number, Pending>();

  constructor(private readonly link: RemoteWorkerLink) {}

  get isDead(): boolean {
    return this.death !== null;
  }

  /** Whether something waits for it. */
  get isAwaited(): boolean {
    return this.pending.size > 0 || this.confirmations.size > 0;
  }

  async run(task: Uint8Array, batches: readonly number[], signal: AbortSignal): Promise<Uint8Array> {
    const given: Promise<void>[] = [];
    for (const batch of batches) {
      given.push(this.give(batch));
      if (given.length > WINDOW) await given.shift();
      signal.throwIfAborted();
    }
    await Promise.all(given);
    const shared = await this.link.share(task);
    signal.throwIfAborted();
    if (this.death !== null) throw this.death;
    const id = this.count++;
    const answer = new Promise<Uint8Array>((resolve, reject) => this.pending.set(id, {resolve, reject}));
    const cancel = () => {
      this.pending.get(id)?.reject(signal.reason);
      this.link.send({type: 'cancel', id}).catch(() => {});
    };
    signal.addEventListener('abort', cancel);
    try {
      // The worker may die before Redis has the request.
      await Promise.race([answer, this.link.send({type: 'run', id, task: shared, batches})]);
      return await answer;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.pending.delete(id);
    }
  }

  /** Takes what the worker says. */
  take(answer: WireAnswer): void {
    if (answer.type === 'have') this.confirmations.get(answer.batch)?.resolve();
    else if (answer.type === 'death') this.end(new WorkerDeath(answer.message));
    else if (answer.type === 'error') this.pending.get(answer.id)?.reject(workerError(answer.error));
    else if (answer.type === 'answer') {
      const pending = this.pending.get(answer.id);
      if (pending === undefined) this.link.discard(answer.payload);
      else pending.resolve(this.link.download(answer.payload));
    }
  }

  /** No longer counts on the worker. What it works on fails with the error. */
  end(error: Error): void {
    if (this.death !== null) return;
    this.death = error;
    for (const {reject} of [...this.pending.values(), ...this.confirmations.values()]) reject(error);
    this.pending.clear();
    this.confirmations.clear();
  }

  /** Gives a batch to the worker, once. */
  private give(batch: number): Promise<void> {
    const begun = this.held.get(batch) ?? this.upload(batch);
    this.held.set(batch, begun);
    // It may fail while another is awaited.
    begun.catch(() => {});
    return begun;
  }

  private async upload(batch: number): Promise<void> {
    if (this.death !== null) throw this.death;
    const payload = await this.link.upload(batch);
    if (this.death !== null) throw this.death;
    const confirmed = new Promise<void>((resolve, reject) => this.confirmations.set(batch, {resolve, reject}));
    confirmed.catch(() => {});
    await this.link.send({type: 'batch', batch, payload});
    await confirmed;
    this.confirmations.delete(batch);
  }
}
