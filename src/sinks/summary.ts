import {optional} from 'valibot';
import {flag, withMethods} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {formatEstimate, formatNumber} from '../format-number.js';
import type {BlockSpectrum, Estimate} from '../metrics/records.js';
import {hasUnicode} from '../report/stream-style.js';
import type {TerminalStyle} from '../report/terminal-style.js';
import type {HessianSample} from '../streams/hessian-sample.js';
import type {Sink, SinkArgs} from './sink.js';
import {makeSink, sinkArgs} from './sink.js';
import {LineOutput} from './summary/line-output.js';
import {findingsText, fitted, paragraphs} from './summary/lines.js';
import {TrainingFindings} from './summary/training-findings.js';

/** Options of `summary`. */
export interface SummaryArgs extends SinkArgs {
  /** The stream to which the lines are written; default: standard output. */
  readonly stream?: NodeJS.WritableStream;
  /** Whether to print what `advise` finds when a `fit` ends. Default: true. */
  readonly advice?: boolean;
}

const summaryArgs = optionsOf<SummaryArgs>('summary()')({
  ...sinkArgs('summary()').entries,
  stream: optional(
    withMethods<NodeJS.WritableStream>(['write', 'on'], 'a stream that can be written to'),
    () => process.stdout,
  ),
  advice: optional(flag(), true),
});

/**
 * A sink that prints a line per sample: the moment, the loss, the trace ± its standard error and the largest eigenvalue ± a
 * bound for the network, how near the optimizer is to its edge of stability, and the layer with the largest trace. A terminal gets
 * what fits into its width, a pipe all. If the edge is not known, a line says why, once.
 *
 * When a `fit` ends, or the stream completes, it prints what `advise` finds in the training so far: the three weightiest
 * findings that it has not printed before, if there are any.
 *
 * @example
 * curvature.samples$.subscribe(summary());
 * // epoch 2 · step 938 · loss 0.0713 · trace 41.3 ± 2.1 · top 12.4 ± 0.03 · Adam: 0.97 of its edge · sharpest dense_1 (trace 30.2 ± 1.8)
 */
export function summary(args?: SummaryArgs): Sink {
  const {stream, advice, ...rest} = summaryArgs(args);
  return makeSink('summary()', rest, fail => {
    const out = new LineOutput(stream, fail);
    const found = new TrainingFindings(findings => out.write(findingsText(findings, styleOf(stream))), fail);
    /** Why the sample before had no stability. */
    let said: string | undefined;
    return {
      write(sample) {
        const style = styleOf(stream);
        out.write(fitted(parts(sample), style));
        const noStability = sample.stability === null ? sample.noStability : undefined;
        if (noStability !== undefined && noStability !== said) {
          out.write(paragraphs([`The edge of stability is not known: ${noStability}`], style));
        }
        said = noStability;
        if (advice) found.add(sample);
      },
      close: () => found.close(),
    };
  });
}

/** A pipe gets whole lines. */
function styleOf(stream: NodeJS.WritableStream): TerminalStyle {
  if (!('isTTY' in stream) || !stream.isTTY) return {width: Number.POSITIVE_INFINITY, unicode: true, color: false};
  const {columns} = stream as NodeJS.WriteStream;
  return {width: columns || 80, unicode: hasUnicode(process.platform, process.env), color: false};
}

/** The parts of a sample's line, the most important first. */
function parts({epoch, batch, step, loss, full, layers, stability}: HessianSample): string[] {
  const sharpest = layers.reduce<(typeof layers)[number] | null>(
    (most, layer) => (most === null || layer.trace.value > most.trace.value ? layer : most),
    null,
  );
  return [
    `epoch ${epoch + 1}${batch === null ? '' : ` batch ${batch + 1}`}`,
    `step ${step}`,
    `loss ${formatNumber(loss)}`,
    `trace ${estimate(full.trace)}`,
    ...top(full),
    ...(stability === null ? [] : [`${stability.optimizer}: ${formatNumber(stability.ratio, 3)} of its edge`]),
    ...(sharpest === null ? [] : [`sharpest ${sharpest.name} (trace ${estimate(sharpest.trace)})`]),
  ];
}

function top({largest: [best]}: BlockSpectrum): string[] {
  return best === undefined ? [] : [`top ${formatEstimate(best.value, best.residual)}`];
}

function estimate({value, standardError}: Estimate): string {
  return formatEstimate(value, standardError);
}
