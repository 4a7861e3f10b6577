import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Redis} from 'ioredis';
import {encodeMessage} from '../../binary-message.js';
import {ClusterError} from '../../errors.js';
import type {ProductSource} from '../../operators/shards/product-workers.js';
import {version} from '../../package-version.js';
import {warn} from '../../warnings.js';
import type {RedisAddress} from '../redis/redis-address.js';
import {connect, loadPeers} from '../redis/redis-client.js';
import {untilAnswered, within} from '../redis/until-answered.js';
import {HEARTBEAT, keysOf} from '../sample-queue.js';
import {WorkerDeath} from '../team/worker-death.js';
import {MessageSender, readMessages} from './message-stream.js';
import {type MemberKeys, operatorKeys, RECORD, TTL} from './operator-keys.js';
import {type Ask, type Payload, readPayload, removePayload, tooLarge, writePayload} from './payload.js';
import {RemoteWorker} from './remote-worker.js';
import type {Traffic} from './traffic.js';
import {isWireAnswer, type OperatorRecord, type WireAnswer} from './wire.js';

export interface OperatorSessionArgs {
  readonly address: RedisAddress;
  readonly queue: string;
  /** The largest vector, batch or model, in bytes. */
  readonly maxBytes: number;
  /** Milliseconds after which products fail if Redis does not answer. */
  readonly redisTimeout: number;
  /** Milliseconds after which products fail if no worker is there. */
  readonly workerTimeout: number;
}

interface Member {
  readonly worker: RemoteWorker;
  readonly keys: MemberKeys;
}

/** Milliseconds between two looks at who is alive. */
const BEAT = 1_000;

/** Milliseconds that the first product waits for further workers after the first one. */
const GATHERING = 4_000;

/** Milliseconds without a worker after which a warning says so. */
const WARN_AFTER = 10_000;

/**
 * An operator in Redis, and the workers that have joined it. Where Redis does not answer for too long or has lost its data, the session is
 * over, and another begins with the next product.
 */
export class OperatorSession {
  private readonly id = randomUUID();
  private readonly keys;
  private readonly members = new Map<string, Member>();
  private readonly shared = new Map<Uint8Array, Promise<Payload>>();
  /** Why workers did not join, or died. */
  private readonly complaints = new Set<string>();
  private connections: {readonly redis: Redis; readonly waiting: Redis; readonly fault: () => string} | null = null;
  private opening: Promise<void> | null = null;
  private failure: Error | null = null;
  private beats: ReturnType<typeof setInterval> | undefined;
  private fields = 0;

  constructor(
    private readonly args: OperatorSessionArgs,
    private readonly source: ProductSource,
    private readonly traffic: Traffic,
  ) {
    this.keys = operatorKeys(args.queue).of(this.id);
  }

  get isOver(): boolean {
    return this.failure !== null;
  }

  /** The workers that have joined and not been lost. */
  get present(): RemoteWorker[] {
    return [...this.members.values()].map(({worker}) => worker);
  }

  /** The workers that are there. It waits for the first one, and then a little for more. */
  async alive(signal: AbortSignal): Promise<RemoteWorker[]> {
    this.opening ??= this.open();
    await this.opening;
    const {workerTimeout, queue, address} = this.args;
    const began = performance.now();
    let first: number | null = null;
    let hasWarned = false;
    for (;;) {
      signal.throwIfAborted();
      if (this.failure !== null) throw this.failure;
      const now = performance.now();
      const workers = this.present;
      if (workers.length > 0) {
        first ??= now;
        if (now - first > GATHERING || workers.length >= (await this.expected())) return workers;
      } else {
        const waited = now - began;
        const way = `start one on any machine: npx tfjs-hessian worker --redis ${address.shown}${queue === 'tfjs-hessian' ? '' : ` --queue ${queue}`}`;
        if (waited > workerTimeout) {
          const said = [...this.complaints].map(text => ` One said: ${text}`).join('');
          throw new ClusterError(
            `No worker of the queue "${queue}" has joined for ${workerTimeout / 1000} s to compute products; ${way}.${said}`,
          );
        }
        if (waited > WARN_AFTER && !hasWarned) {
          hasWarned = true;
          warn('slower', `Products wait in the queue "${queue}", and no worker is there; ${way}.`);
        }
      }
      await sleep(20);
    }
  }

  /** Uploads what all workers read, once. */
  share(bytes: Uint8Array): Promise<Payload> {
    let payload = this.shared.get(bytes);
    if (payload === undefined) {
      payload = this.write(this.keys.shared, bytes);
      this.shared.set(bytes, payload);
      payload.catch(() => {});
    }
    return payload;
  }

  /** Removes what was shared. */
  async release(bytes: Uint8Array): Promise<void> {
    const payload = this.shared.get(bytes);
    this.shared.delete(bytes);
    if (payload !== undefined && !this.isOver) await removePayload(this.ask, this.keys.shared, await payload);
  }

  /** Ends the session, and removes what it has in Redis. What workers compute fails with the error. */
  end(error: Error): void {
    if (this.failure !== null) return;
    this.failure = error;
    clearInterval(this.beats);
    const left = [...this.members.values()].flatMap(({worker, keys}) => {
      worker.end(error);
      return Object.values(keys) as string[];
    });
    const {connections, keys, args} = this;
    if (connections === null) return;
    const {redis, waiting} = connections;
    const remove = async () => {
      await redis.srem(operatorKeys(args.queue).all, this.id);
      await redis.unlink(keys.shared, keys.answers, ...left);
    };
    // If Redis does not answer, it forgets them itself.
    void within(2_000, remove())
      .catch(() => {})
      .finally(() => {
        redis.disconnect();
        waiting.disconnect();
      });
  }

  private async open(): Promise<void> {
    const {Redis} = await loadPeers();
    if (this.failure !== null) throw this.failure;
    const {address, queue} = this.args;
    const {redis, fault} = connect(Redis, address, {keepsAlive: false, isPatient: false});
    const {redis: waiting} = connect(Redis, address, {keepsAlive: false, isPatient: false});
    this.connections = {redis, waiting, fault};
    const record: OperatorRecord = {package: version};
    const {shared, answers} = this.keys;
    const {all} = operatorKeys(queue);
    await this.ask(async () => {
      await redis.hset(shared, RECORD, Buffer.from(encodeMessage(record).buffer));
      await redis.expire(shared, TTL);
      await redis.sadd(all, this.id);
      await redis.expire(all, TTL);
    });
    this.beats = setInterval(() => void this.beat(), BEAT);
    this.beats.unref();
    readMessages({
      waiting,
      ask: this.ask,
      key: answers,
      isOver: () => this.isOver,
      onMessage: async (from, message) => {
        if (isWireAnswer(message)) await this.take(from, message);
        else this.lose(from, 'It sent something that is no answer.');
      },
      onGap: from => this.lose(from, 'Redis has lost what it sent.'),
    }).catch(error => this.end(error));
  }

  /** Asks Redis. If it does not answer for too long, the session is over. */
  private readonly ask: Ask = async command => {
    const {redis, fault} = this.connections!;
    const {address, redisTimeout: timeout} = this.args;
    try {
      return await untilAnswered({address, fault, timeout, isOver: () => this.isOver}, () => command(redis));
    } catch (error) {
      if (this.failure !== null) throw this.failure;
      this.end(error as Error);
      throw error;
    }
  };

  private async write(key: string, bytes: Uint8Array): Promise<Payload> {
    const {maxBytes} = this.args;
    if (bytes.byteLength > maxBytes)
      throw new ClusterError(tooLarge('A vector, batch or model', bytes.byteLength, maxBytes));
    this.traffic.count('written', bytes.byteLength);
    return writePayload(this.ask, key, String(this.fields++), bytes);
  }

  private async take(from: string, answer: WireAnswer): Promise<void> {
    if (answer.type === 'refuse' || answer.type === 'death') this.complain(answer.message);
    if (answer.type === 'join') await this.admit(from);
    else this.members.get(from)?.worker.take(answer);
    if (answer.type === 'death') this.forget(from);
  }

  private complain(message: string): void {
    if (this.complaints.size < 3) this.complaints.add(message.slice(0, 500));
  }

  private async admit(name: string): Promise<void> {
    if (this.members.has(name)) return;
    const keys = this.keys.member(name);
    const sender = new MessageSender(this.ask, keys.requests, 'operator');
    const count = (payload: Payload) => {
      this.traffic.count('read', payload.bytes);
      return payload;
    };
    const worker = new RemoteWorker({
      send: request => sender.send(request),
      share: async bytes => count(await this.share(bytes)),
      upload: async batch => count(await this.write(keys.payloads, await this.source.batch(batch))),
      download: async payload => {
        this.traffic.count('written', payload.bytes);
        const bytes = await readPayload(this.ask, keys.payloads, count(payload), this.args.maxBytes);
        removePayload(this.ask, keys.payloads, payload).catch(() => {});
        return bytes;
      },
      discard: payload => void removePayload(this.ask, keys.payloads, payload).catch(() => {}),
    });
    const {backend, setup, memoryLimit = null} = this.source;
    await sender.send({type: 'open', backend, memoryLimit, setup: count(await this.share(setup))});
    this.members.set(name, {worker, keys});
  }

  /** How many workers are there, by what they say of themselves. */
  private async expected(): Promise<number> {
    return this.ask(async redis => {
      const [seconds] = await redis.time();
      return redis.zcount(keysOf(this.args.queue).workers, Number(seconds) - 2 * HEARTBEAT, '+inf');
    });
  }

  /** Says that the operator is there, and looks who else is. */
  private async beat(): Promise<void> {
    const members = [...this.members];
    const isAwaited = members.some(([, {worker}]) => worker.isAwaited);
    const {shared, answers} = this.keys;
    const {all} = operatorKeys(this.args.queue);
    const look = async (redis: Redis) => {
      const asked = members.map(async ([name, {keys}]) => {
        const isAlive = await redis.exists(keys.alive);
        await Promise.all([keys.requests, keys.payloads].map(key => redis.expire(key, TTL)));
        return isAlive === 0 ? [name] : [];
      });
      const [isThere, dead] = await Promise.all([
        redis.hexists(shared, RECORD),
        Promise.all(asked),
        redis.sadd(all, this.id),
        ...[shared, answers, all].map(key => redis.expire(key, TTL)),
      ]);
      return {isThere: isThere === 1, dead: dead.flat()};
    };
    let found: Awaited<ReturnType<typeof look>>;
    try {
      // Nobody waits: Redis may come back later.
      found = isAwaited ? await this.ask(look) : await within(BEAT, look(this.connections!.redis), {keepsAlive: false});
    } catch {
      return;
    }
    if (!found.isThere)
      this.end(new WorkerDeath('Redis no longer has the operator: it was restarted without its data.'));
    for (const name of found.dead) this.lose(name, 'It has not been heard of.');
  }

  private lose(name: string, why: string): void {
    const member = this.members.get(name);
    if (member === undefined) return;
    member.worker.end(new WorkerDeath(why));
    this.forget(name);
  }

  /** A worker that lives all the same sees that it is no longer a member. */
  private forget(name: string): void {
    const member = this.members.get(name);
    this.members.delete(name);
    if (member !== undefined)
      this.ask(redis => redis.unlink(...(Object.values(member.keys) as string[]))).catch(() => {});
  }
}
