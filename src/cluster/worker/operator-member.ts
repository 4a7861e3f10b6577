import {randomUUID} from 'node:crypto';
import type {Redis} from 'ioredis';
import {isRecord} from '../../arguments/options.js';
import {decodeMessage} from '../../binary-message.js';
import type {SampleWorker} from '../../callbacks/background/sample-worker.js';
import {startWorkerThread} from '../../callbacks/background/worker-thread.js';
import {ClusterError} from '../../errors.js';
import type {ThreadAnswer, ThreadRequest} from '../../operators/shards/messages.js';
import {isAboutProducts} from '../../operators/shards/messages.js';
import {version} from '../../package-version.js';
import {toError} from '../../streams/shielded.js';
import {MessageSender, readMessages} from '../products/message-stream.js';
import {operatorKeys, RECORD} from '../products/operator-keys.js';
import {type Payload, readPayload, removePayload, writePayload} from '../products/payload.js';
import {isWireRequest, type WireAnswer, type WireRequest} from '../products/wire.js';
import {wayOut} from './way-out.js';

export interface OperatorMemberArgs {
  readonly redis: Redis;
  /** A connection in which it waits for requests. It ends it. */
  readonly waiting: Redis;
  readonly queue: string;
  /** Modules of the user with custom classes. */
  readonly imports: readonly string[];
  /** The largest message in bytes. */
  readonly maxBytes: number;
  /** Bytes that linearizations may take at most. */
  readonly memory: number;
  /** Milliseconds after which its work goes to others if it is not heard of. */
  readonly lock: number;
}

/** Computes the products of one operator on the batches that it is given, in a thread of its own. */
export class OperatorMember {
  /** How many products it has computed. */
  products = 0;
  private readonly name = randomUUID();
  private readonly keys;
  private readonly own;
  private readonly sender: MessageSender;
  private thread: SampleWorker | null = null;
  private isOver = false;
  private fields = 0;
  private backend = '';

  constructor(
    private readonly args: OperatorMemberArgs,
    operator: string,
  ) {
    this.keys = operatorKeys(args.queue).of(operator);
    this.own = this.keys.member(this.name);
    this.sender = new MessageSender(this.ask, this.keys.answers, this.name);
  }

  /**
   * Joins the operator, and computes until it ends, or until the operator does without it.
   *
   * @throws ClusterError if it cannot compute for this operator.
   */
  async work(): Promise<void> {
    const {redis, waiting, lock} = this.args;
    let renewals: ReturnType<typeof setInterval> | undefined;
    try {
      if (!(await this.isCompatible())) return;
      await redis.set(this.own.alive, '1', 'PX', lock);
      renewals = setInterval(() => void this.renew(), lock / 3);
      await this.say({type: 'join'});
      await readMessages({
        waiting,
        ask: this.ask,
        key: this.own.requests,
        isOver: () => this.isOver,
        onMessage: async (_, message) => {
          if (!isWireRequest(message)) throw new ClusterError('A request is none of tfjs-hessian.');
          await this.handle(message);
        },
        onGap: () => this.end(),
        onPause: () => this.renew(),
      });
    } catch (error) {
      await this.say({type: 'death', message: toError(error).message});
      throw error;
    } finally {
      clearInterval(renewals);
      this.end();
      waiting.disconnect();
      await this.thread?.terminate();
      await redis.unlink(...Object.values(this.own));
      // What it said last may have come after the operator had removed its keys.
      if (!(await redis.hexists(this.keys.shared, RECORD))) await redis.unlink(this.keys.answers);
    }
  }

  /** Ends it soon. */
  end(): void {
    this.isOver = true;
  }

  /** Gives its batches back, and ends. */
  async leave(): Promise<void> {
    if (this.isOver) return;
    this.end();
    await this.say({type: 'death', message: 'It was stopped.'});
  }

  private readonly ask = <T>(command: (redis: Redis) => Promise<T>): Promise<T> => command(this.args.redis);

  private say(answer: WireAnswer): Promise<void> {
    return this.sender.send(answer);
  }

  private async isCompatible(): Promise<boolean> {
    const bytes = await this.args.redis.hgetBuffer(this.keys.shared, RECORD);
    // It has ended.
    if (bytes === null) return false;
    const record = decodeMessage<unknown>(bytes);
    const from = isRecord(record) ? record.package : undefined;
    if (from === version) return true;
    const message =
      `The operator has tfjs-hessian ${String(from)} and the worker has ${version}, which may give other numbers; install the same ` +
      'version on all machines.';
    await this.say({type: 'refuse', message});
    throw new ClusterError(message);
  }

  /** Says that it is alive, unless it is no longer wanted, or the operator is gone. */
  private async renew(): Promise<void> {
    const {redis, lock} = this.args;
    try {
      const [isMember, isThere] = await Promise.all([
        redis.set(this.own.alive, '1', 'PX', lock, 'XX'),
        redis.hexists(this.keys.shared, RECORD),
      ]);
      if (isMember === null || isThere === 0) this.end();
    } catch {
      // Redis does not answer; it is tried again.
    }
  }

  private async handle(request: WireRequest): Promise<void> {
    const {maxBytes, memory} = this.args;
    const {shared} = this.keys;
    if (request.type === 'open') {
      const {backend, memoryLimit} = request;
      const setup = await readPayload(this.ask, shared, request.setup, maxBytes);
      this.backend = backend;
      this.thread ??= this.start();
      this.post({type: 'open', setup, memoryLimit: {given: memoryLimit, atMost: memory}});
    } else if (request.type === 'batch') {
      const {batch, payload} = request;
      const bytes = await readPayload(this.ask, this.own.payloads, payload, maxBytes);
      this.post({type: 'batch', batch, bytes});
      await removePayload(this.ask, this.own.payloads, payload);
      await this.say({type: 'have', batch});
    } else if (request.type === 'run') {
      const {id, batches} = request;
      let task: Uint8Array;
      try {
        task = await readPayload(this.ask, shared, request.task, maxBytes);
      } catch (error) {
        // A product that was stopped has no vector any more.
        const {name, message} = toError(error);
        await this.say({type: 'error', id, error: {name, message}});
        return;
      }
      this.post({type: 'run', id, task, batches});
    } else {
      this.post(request);
    }
  }

  private start(): SampleWorker {
    const thread = startWorkerThread(this.args.imports);
    thread.addEventListener('message', ({data}) => void this.answer(data).catch(() => {}));
    thread.addEventListener('error', ({message}) => {
      void this.dieOf(`The thread that computed products died: ${message ?? 'unknown'}.`).catch(() => {});
    });
    return thread;
  }

  private post(request: OwnPart<ThreadRequest>): void {
    if (!this.isOver) this.thread?.postMessage({...request, products: 1, backend: this.backend});
  }

  private async answer(data: unknown): Promise<void> {
    if (this.isOver) return;
    if (!isAboutProducts(data)) {
      const error = isRecord(data) && isRecord(data.error) ? data.error : {};
      return this.dieOf(String(error.message));
    }
    const answer = data as ThreadAnswer;
    if (answer.type === 'error') {
      const {name, message, unknown} = answer.error;
      const shown = unknown === undefined ? message : wayOut(unknown);
      await this.say({type: 'error', id: answer.id, error: {name, message: shown}});
    }
    if (answer.type !== 'answer') return;
    this.products++;
    const payload: Payload = await writePayload(this.ask, this.own.payloads, String(this.fields++), answer.bytes);
    await this.say({type: 'answer', id: answer.id, payload});
  }

  private async dieOf(message: string): Promise<void> {
    if (this.isOver) return;
    this.end();
    await this.say({type: 'death', message});
  }
}

/** A request without what all requests of a thread have. */
type OwnPart<Request> = Request extends unknown ? Omit<Request, 'products' | 'backend'> : never;
