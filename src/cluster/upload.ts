import type {Queue} from 'bullmq';
import type {Redis} from 'ioredis';
import {encodeMessage, MESSAGE_VERSION} from '../binary-message.js';
import type {SampleRequest} from '../callbacks/background/messages.js';
import {ClusterError} from '../errors.js';
import {version} from '../package-version.js';
import {hashOf, KEPT, keysOf, megabytes, type SampleJob} from './sample-queue.js';

/** A sample as it lies in Redis. */
export interface Parcel {
  /** The name of the sample. It depends on the training and on everything that the sample depends on. */
  readonly name: string;
  readonly topology: string;
  readonly topologyHash: string;
  readonly message: Buffer;
}

/**
 * Packs a sample. The same sample of the same training has the same name, also after a restart of the training.
 *
 * @throws ClusterError if it is larger than workers take.
 */
export function pack({topology, ...request}: SampleRequest, training: string, maxBytes: number): Parcel {
  if (request.loss === null) {
    throw new ClusterError(
      'The loss is a function, which cannot be sent to a worker; compile the model with the name of a loss, or take the ' +
        'samples on this machine with {background: {worker}}.',
    );
  }
  const topologyHash = hashOf(topology);
  const message = Buffer.from(encodeMessage({...request, topology: topologyHash}).buffer);
  const bytes = message.length + Buffer.byteLength(topology);
  if (bytes > maxBytes) {
    throw new ClusterError(
      `The sample has ${megabytes(bytes)} of weights and batch, and maxBytes is ${megabytes(maxBytes)}; use fewer rows ` +
        '(subBatch), or allow more here, and with --max-bytes in the workers.',
    );
  }
  return {name: hashOf(training, version, message), topology, topologyHash, message};
}

/** Uploads a sample. Redis has it when the promise resolves. A sample that Redis has already is not taken again. */
export async function upload(
  {redis, queue}: {readonly redis: Redis; readonly queue: Queue},
  {name, topology, topologyHash, message}: Parcel,
): Promise<void> {
  const keys = keysOf(queue.name);
  // Most samples are of a model that Redis knows.
  if ((await redis.expire(keys.topology(topologyHash), KEPT)) === 0) {
    await redis.set(keys.topology(topologyHash), topology, 'EX', KEPT);
  }
  await redis.set(keys.message(name), message, 'EX', KEPT);
  const job: SampleJob = {format: MESSAGE_VERSION, package: version, topology: topologyHash};
  await queue.add('sample', job, {jobId: name, removeOnComplete: {age: KEPT}, removeOnFail: {age: KEPT}});
}
