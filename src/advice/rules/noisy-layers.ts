import type {BlockSpectrum, Estimate} from '../../metrics/records.js';
import {inWords, percent, type Rule} from '../history.js';

/** A standard error above this share of its trace is said. */
const NOISY = 0.15;

/** Of more layers, the names are left out. */
const NAMED = 5;

const relativeError = ({value, standardError}: Estimate): number =>
  standardError === null || standardError === 0 ? 0 : standardError / Math.abs(value);

interface Noise {
  readonly name: string;
  readonly samples: number;
  readonly worst: BlockSpectrum;
}

/** Traces of layers whose standard error is above 15 % in some sample, and why. */
export const noisyLayers: Rule = ({samples}) => {
  const found = new Map<string, Noise>();
  for (const {name, ...block} of samples.flatMap(({layers}) => layers)) {
    if (!(relativeError(block.trace) > NOISY)) continue;
    const before = found.get(name);
    const isWorse = before === undefined || relativeError(block.trace) > relativeError(before.worst.trace);
    found.set(name, {name, samples: (before?.samples ?? 0) + 1, worst: isWorse ? block : before.worst});
  }
  const noisy = [...found.values()].sort((a, b) => relativeError(b.worst.trace) - relativeError(a.worst.trace));
  const [most] = noisy;
  if (most === undefined) return [];
  const {trace, frobenius} = most.worst;
  const relative = relativeError(trace);
  const normToTrace = frobenius.value / Math.abs(trace.value);
  const layers = noisy.slice(0, NAMED).map(({name, samples: count, worst}) => {
    return `${name} in ${count} of ${samples.length} samples, up to ${percent(relativeError(worst.trace))}`;
  });
  const others = noisy.length > NAMED ? [`${noisy.length - NAMED} more`] : [];
  return [
    {
      rule: 'noisy-layers',
      level: 'note',
      layer: most.name,
      text:
        `The standard error of some layers' traces is above ${percent(NOISY)} of their values: ${[...layers, ...others].join('; ')}. ` +
        `The Frobenius norm of ${most.name} is ${inWords(normToTrace)} times its trace; the error grows with this number.`,
      evidence: Number.isFinite(relative)
        ? {relativeError: relative, normToTrace, layers: noisy.length, probes: trace.probes}
        : {layers: noisy.length, probes: trace.probes},
      certainty: `The errors are those of the samples; the largest of ${most.samples} is named.`,
      tryThis:
        'Set traceProbes four times as high for half the error. Where eigenvalues of both signs cancel, look at the norm instead.',
    },
  ];
};
