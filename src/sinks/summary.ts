import {Console} from 'node:console';
import {optional} from 'valibot';
import {withMethods} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {BlockSpectrum, Estimate} from '../metrics/records.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import type {Sink, SinkArgs} from './sink.js';
import {makeSink, sinkArgs} from './sink.js';

/** Options of `summary`. */
export interface SummaryArgs extends SinkArgs {
  /** The stream to which the lines are written; default: standard output. */
  readonly stream?: NodeJS.WritableStream;
}

const summaryArgs = optionsOf<SummaryArgs>('summary()')({
  ...sinkArgs('summary()').entries,
  stream: optional(
    withMethods<NodeJS.WritableStream>(['write', 'on'], 'a stream that can be written to'),
    () => process.stdout,
  ),
});

/**
 * A sink that prints a line per sample: the moment, the loss, the trace and the largest eigenvalue of the network, and the
 * layer with the largest trace.
 *
 * @example
 * curvature.samples$.subscribe(summary());
 * // epoch 2 · step 938 · loss 0.0713 · trace 41.3 ± 2.1 · top 12.4 ± 0.003 · sharpest dense_1 (trace 30.2 ± 1.8)
 */
export function summary(args?: SummaryArgs): Sink {
  const {stream, ...rest} = summaryArgs(args);
  return makeSink('summary()', rest, () => {
    // Unlike a write to the stream, this does not end the process when the reader has closed the pipe.
    const out = new Console({stdout: stream, stderr: stream});
    return {write: sample => out.log(line(sample)), close: () => {}};
  });
}

function line({epoch, batch, step, loss, full, layers}: HessianSample): string {
  const sharpest = layers.reduce<(typeof layers)[number] | null>(
    (most, layer) => (most === null || layer.trace.value > most.trace.value ? layer : most),
    null,
  );
  return [
    `epoch ${epoch + 1}${batch === null ? '' : ` batch ${batch + 1}`}`,
    `step ${step}`,
    `loss ${short(loss)}`,
    `trace ${estimate(full.trace)}`,
    ...top(full),
    ...(sharpest === null ? [] : [`sharpest ${sharpest.name} (trace ${estimate(sharpest.trace)})`]),
  ].join(' · ');
}

function top({largest: [best]}: BlockSpectrum): string[] {
  return best === undefined ? [] : [`top ${short(best.value)} ± ${short(best.residual, 1)}`];
}

function estimate({value, standardError}: Estimate): string {
  return standardError === null ? short(value) : `${short(value)} ± ${short(standardError, 2)}`;
}

/** A number with few digits. */
function short(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits)));
}
