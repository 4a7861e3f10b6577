import {basename} from 'node:path';
import type {Engine} from '../../engine/load.js';
import type {ReportFacts} from '../../report/facts.js';
import type {ReportFlags} from './report-flags.js';

/** How the spectra of a report were computed. */
export function workFacts(
  {data, batchSize, steps, probes, seed, inference}: ReportFlags,
  {rows, batches, engine}: {readonly rows: number; readonly batches: number; readonly engine: Engine},
): ReportFacts['details'] {
  const used = Math.min(rows, batches * batchSize);
  return [
    ['data', `${basename(data)}, ${used} of ${rows} samples${batches > 1 ? ` in ${batches} batches` : ''}`],
    ['layers called as in', inference ? 'inference' : 'training'],
    ['Lanczos steps', String(steps)],
    ['probes', String(probes)],
    ['seed', String(seed)],
    ['engine', `${engine.package} ${engine.version}`],
  ];
}

/** The details in one line. */
export function describe({details}: ReportFacts): string {
  return details.map(pair => pair.join(' ')).join(' · ');
}
