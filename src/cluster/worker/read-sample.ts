import type {Redis} from 'ioredis';
import {isRecord} from '../../arguments/options.js';
import {decodeMessage, MESSAGE_VERSION} from '../../binary-message.js';
import {checkRequest, type SampleRequest} from '../../callbacks/background/messages.js';
import {ClusterError} from '../../errors.js';
import {version} from '../../package-version.js';
import {hashOf, keysOf, megabytes} from '../sample-queue.js';

/** The most Lanczos steps, probes and eigenvalues of a sample that a worker takes. */
const MOST = 10_000;

/**
 * Reads a sample from Redis, and checks all of it.
 *
 * @throws TfjsHessianError for a sample of another version, that is too large, or that is none.
 */
export async function readSample(
  redis: Redis,
  queue: string,
  name: string,
  job: unknown,
  maxBytes: number,
): Promise<SampleRequest> {
  const {format, package: from, topology: hash} = isRecord(job) ? job : {};
  if (format !== MESSAGE_VERSION || from !== version) {
    throw new ClusterError(
      `The training has tfjs-hessian ${String(from)} and this worker has ${version}, which may give other numbers; install the ` +
        'same version on all machines.',
    );
  }
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) throw new ClusterError('The job is not a sample.');
  const keys = keysOf(queue);
  const [topologyBytes, messageBytes] = [keys.topology(hash), keys.message(name)];
  const bytes = (await redis.strlen(topologyBytes)) + (await redis.strlen(messageBytes));
  if (bytes > maxBytes) {
    throw new ClusterError(
      `The sample has ${megabytes(bytes)}, and this worker takes at most ${megabytes(maxBytes)}; start it with a larger --max-bytes, or use fewer rows (subBatch).`,
    );
  }
  const [topology, message] = await Promise.all([redis.get(topologyBytes), redis.getBuffer(messageBytes)]);
  if (topology === null || message === null) {
    throw new ClusterError('Redis no longer has the weights of the sample; they are kept for a day.');
  }
  // A copy: a small buffer is a part of one that other threads must not get.
  const data = decodeMessage<unknown>(new Uint8Array(message));
  if (!isRecord(data) || data.topology !== hash || hashOf(topology) !== hash) {
    throw new ClusterError('The model of the sample is not the one that was sent.');
  }
  const request = checkRequest({...data, topology});
  const {steps, probes, traceProbes, k} = request.args;
  if (Math.max(steps, probes, traceProbes, k) > MOST) {
    throw new ClusterError(`A worker takes at most ${MOST} steps, probes and eigenvalues.`);
  }
  return request;
}
