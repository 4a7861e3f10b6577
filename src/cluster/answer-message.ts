import {isRecord} from '../arguments/options.js';
import {MESSAGE_VERSION} from '../binary-message.js';
import type {SampleAnswer} from '../callbacks/background/messages.js';
import type {Measurement} from '../callbacks/sampling/measure-curvature.js';
import {ClusterError, TfjsHessianError} from '../errors.js';
import {fromExactJson, toExactJson} from '../exact-json.js';
import {isBlock, isReport, type Report, type ReportAnswer} from './reports/report-messages.js';

/** The largest answer that a training reads, in characters. */
const LONGEST = 64 << 20;

/** A worker's answer as text. */
export function packAnswer(answer: SampleAnswer | ReportAnswer): string {
  return toExactJson({format: MESSAGE_VERSION, ...answer, id: undefined});
}

/**
 * The measurement in a worker's answer.
 *
 * @throws TfjsHessianError that the worker answered; ClusterError if it is no answer of this version.
 */
export function readAnswer(text: unknown): Measurement {
  const {measurement} = withoutError(text);
  if (!isMeasurement(measurement)) throw new ClusterError('A worker answered with something that is no measurement.');
  const {loss, batchSize, full, layers, weightNorms, stability, noStability, gradientPasses} = measurement;
  return {
    ...{loss, batchSize, full, layers, weightNorms, stability, gradientPasses},
    ...(noStability !== undefined && {noStability}),
  };
}

/**
 * The report in a worker's answer.
 *
 * @throws TfjsHessianError that the worker answered; ClusterError if it is no answer of this version.
 */
export function readReportAnswer(text: unknown): Report {
  const {report} = withoutError(text);
  if (!isReport(report)) throw new ClusterError('A worker answered with something that is no report.');
  return report;
}

function withoutError(text: unknown): Record<string, unknown> {
  const answer = parsed(text);
  if (answer.format !== MESSAGE_VERSION) {
    throw new ClusterError(
      `A worker answered in version ${String(answer.format)}, and this version of tfjs-hessian reads version ${MESSAGE_VERSION}; install the same one on all machines.`,
    );
  }
  const {error} = answer;
  if (isRecord(error)) {
    const {name, message} = error;
    throw Object.assign(new TfjsHessianError(String(message)), {name: String(name)});
  }
  return answer;
}

function parsed(text: unknown): Record<string, unknown> {
  let answer: unknown;
  try {
    if (typeof text === 'string' && text.length <= LONGEST) answer = fromExactJson(text);
  } catch {
    // Below.
  }
  if (!isRecord(answer)) throw new ClusterError('A worker answered with something that is no answer.');
  return answer;
}

/** Numbers may be infinite, as those of a sample on this thread. */
function isMeasurement(value: unknown): value is Measurement {
  if (!isRecord(value)) return false;
  const {loss, batchSize, full, layers, weightNorms, stability, gradientPasses} = value;
  return (
    [loss, batchSize, gradientPasses].every(each => typeof each === 'number') &&
    isBlock(full) &&
    Array.isArray(layers) &&
    layers.every(layer => isRecord(layer) && isBlock(layer) && typeof layer.name === 'string') &&
    isRecord(weightNorms) &&
    Object.values(weightNorms).every(norm => typeof norm === 'number') &&
    (stability === null || isRecord(stability))
  );
}
