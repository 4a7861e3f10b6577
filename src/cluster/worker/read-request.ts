import type {Redis} from 'ioredis';
import {isRecord} from '../../arguments/options.js';
import {decodeMessage, MESSAGE_VERSION} from '../../binary-message.js';
import {checkRequest, type SampleRequest} from '../../callbacks/background/messages.js';
import {ClusterError} from '../../errors.js';
import {version} from '../../package-version.js';
import {checkReportRequest, type ReportRequest} from '../reports/report-messages.js';
import {hashOf, keysOf, megabytes, type SampleJob} from '../sample-queue.js';

/** The most Lanczos steps, probes and eigenvalues that a worker takes. */
const MOST = 10_000;

/**
 * Reads a sample, or a model of a report, from Redis, and checks all of it.
 *
 * @throws TfjsHessianError for a sample of another version, that is too large, or that is none.
 */
export async function readRequest(
  redis: Redis,
  queue: string,
  name: string,
  job: unknown,
  maxBytes: number,
): Promise<SampleRequest | ReportRequest> {
  const {format, package: from, topology: hash, shared = null} = isRecord(job) ? job : {};
  if (format !== MESSAGE_VERSION || from !== version) {
    throw new ClusterError(
      `The training has tfjs-hessian ${String(from)} and this worker has ${version}, which may give other numbers; install the ` +
        'same version on all machines.',
    );
  }
  if (!isHash(hash) || !(shared === null || isShared(shared))) throw new ClusterError('The job is not a sample.');
  const keys = keysOf(queue);
  const place = {
    topology: shared === null ? keys.topology(hash) : keys.ofReport(shared.report, hash),
    message: keys.message(name),
    data: shared === null ? null : keys.ofReport(shared.report, shared.data),
  };
  let bytes = 0;
  for (const key of Object.values(place)) if (key !== null) bytes += await redis.strlen(key);
  if (bytes > maxBytes) {
    throw new ClusterError(
      `The sample has ${megabytes(bytes)}, and this worker takes at most ${megabytes(maxBytes)}; start it with a larger --max-bytes, or use fewer rows (subBatch).`,
    );
  }
  const [topology, message, dataMessage] = await Promise.all([
    redis.get(place.topology),
    redis.getBuffer(place.message),
    place.data === null ? null : redis.getBuffer(place.data),
  ]);
  if (topology === null || message === null || (shared !== null && dataMessage === null)) {
    throw new ClusterError('Redis no longer has the weights of the sample; they are kept for a day.');
  }
  // A copy: a small buffer is a part of one that other threads must not get.
  const data = decodeMessage<unknown>(new Uint8Array(message));
  if (!isRecord(data) || data.topology !== hash || hashOf(topology) !== hash) {
    throw new ClusterError('The model of the sample is not the one that was sent.');
  }
  if (shared === null) {
    const request = checkRequest({...data, topology});
    const {steps, probes, traceProbes, k} = request.args;
    bound(steps, probes, traceProbes, k);
    return request;
  }
  if (data.data !== shared.data || hashOf(dataMessage!) !== shared.data) {
    throw new ClusterError('The data of the report are not those that were sent.');
  }
  const request = checkReportRequest({...data, topology, data: decodeMessage<unknown>(new Uint8Array(dataMessage!))});
  const {steps, probes, k} = request.work;
  bound(steps, probes, k);
  return request;
}

function bound(...numbers: readonly number[]): void {
  if (Math.max(...numbers) > MOST)
    throw new ClusterError(`A worker takes at most ${MOST} steps, probes and eigenvalues.`);
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isShared(value: unknown): value is NonNullable<SampleJob['shared']> {
  return (
    isRecord(value) && typeof value.report === 'string' && /^[\w-]{1,100}$/.test(value.report) && isHash(value.data)
  );
}
