import type {Queue} from 'bullmq';
import type {Redis} from 'ioredis';
import {encodeMessage, MESSAGE_VERSION} from '../binary-message.js';
import type {SampleRequest} from '../callbacks/background/messages.js';
import {ClusterError} from '../errors.js';
import {version} from '../package-version.js';
import type {ReportRequest} from './reports/report-messages.js';
import {hashOf, KEPT, keysOf, megabytes, type SampleJob} from './sample-queue.js';

/** A sample, or a model of a report, as it lies in Redis. */
export interface Parcel {
  /** Its name. It depends on the training or report and on everything that the numbers depend on. */
  readonly name: string;
  readonly job: SampleJob;
  /** What others have too, by its key. */
  readonly shared: ReadonlyMap<string, string | Buffer>;
  readonly message: Buffer;
}

/** The queue that takes a parcel. */
export interface PackArgs {
  readonly queue: string;
  readonly maxBytes: number;
}

/**
 * Packs a sample. The same sample of the same training has the same name, also after a restart of the training.
 *
 * @throws ClusterError if it is larger than workers take.
 */
export function pack({topology, ...request}: SampleRequest, training: string, {queue, maxBytes}: PackArgs): Parcel {
  if (request.loss === null) {
    throw new ClusterError(
      'The loss is a function, which cannot be sent to a worker; compile the model with the name of a loss, or take the ' +
        'samples on this machine with {background: {worker}}.',
    );
  }
  const hash = hashOf(topology);
  const message = bytesOf({...request, topology: hash});
  const shared = new Map([[keysOf(queue).topology(hash), topology]]);
  const bytes = sizeOf(message, shared);
  if (bytes > maxBytes) {
    throw new ClusterError(
      `The sample has ${megabytes(bytes)} of weights and batch, and maxBytes is ${megabytes(maxBytes)}; use fewer rows ` +
        '(subBatch), or allow more here, and with --max-bytes in the workers.',
    );
  }
  const job: SampleJob = {format: MESSAGE_VERSION, package: version, topology: hash};
  return {name: hashOf(training, version, message), job, shared, message};
}

/** The data of a report, which all its models have. */
export interface SharedData {
  readonly bytes: Buffer;
  readonly hash: string;
}

/** Makes a message of a report's data, once. */
export function packData(data: ReportRequest['data']): SharedData {
  const bytes = bytesOf(data);
  return {bytes, hash: hashOf(bytes)};
}

/**
 * Packs a model of a report.
 *
 * @param report the name of the report, which no other has, and the number of the model. Others may have the same weights.
 * @throws ClusterError if it is larger than workers take.
 */
export function packModel(
  {topology, ...request}: Omit<ReportRequest, 'data'>,
  data: SharedData,
  [report, index]: readonly [report: string, index: number],
  {queue, maxBytes}: PackArgs,
): Parcel {
  const hash = hashOf(topology);
  const message = bytesOf({...request, topology: hash, data: data.hash});
  const {ofReport} = keysOf(queue);
  const shared = new Map<string, string | Buffer>([
    [ofReport(report, hash), topology],
    [ofReport(report, data.hash), data.bytes],
  ]);
  const bytes = sizeOf(message, shared);
  if (bytes > maxBytes) {
    throw new ClusterError(
      `The model and the data have ${megabytes(bytes)}, and --max-bytes is ${megabytes(maxBytes)}; use a file with fewer rows, or a ` +
        'larger --max-bytes here and in the workers.',
    );
  }
  const job: SampleJob = {
    ...{format: MESSAGE_VERSION, package: version, topology: hash},
    shared: {report, data: data.hash},
  };
  return {name: hashOf(report, String(index), message), job, shared, message};
}

function bytesOf(message: unknown): Buffer {
  return Buffer.from(encodeMessage(message).buffer);
}

function sizeOf(message: Buffer, shared: Parcel['shared']): number {
  return [message, ...shared.values()].reduce((sum, each) => sum + Buffer.byteLength(each), 0);
}

/** Uploads a parcel. Redis has it when the promise resolves. One that Redis has already is not taken again. */
export async function upload(
  {redis, queue}: {readonly redis: Redis; readonly queue: Queue},
  {name, job, shared, message}: Parcel,
): Promise<void> {
  for (const [key, content] of shared) {
    // Most are of a model that Redis knows.
    if ((await redis.expire(key, KEPT)) === 0) await redis.set(key, content, 'EX', KEPT);
  }
  await redis.set(keysOf(queue.name).message(name), message, 'EX', KEPT);
  const kind = job.shared === undefined ? 'sample' : 'report';
  await queue.add(kind, job, {jobId: name, removeOnComplete: {age: KEPT}, removeOnFail: {age: KEPT}});
}
