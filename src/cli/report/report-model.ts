import {basename, dirname} from 'node:path';
import {checkpointFindings} from '../../advice/checkpoint-findings.js';
import {findingLines} from '../../advice/print.js';
import type {LayerwiseSpectra} from '../../metrics/records.js';
import {reportBlocks} from '../../report/blocks.js';
import type {ReportFacts} from '../../report/facts.js';
import {typesetNumber} from '../../report/markup.js';
import {reading} from '../../report/reading.js';
import {terminalStyle} from '../../report/stream-style.js';
import {textTable} from '../../report/table.js';
import {terminalPicture} from '../../report/terminal-picture.js';
import {spelled} from '../../report/terminal-style.js';
import {paragraphs} from '../../sinks/summary/lines.js';
import {stoppable} from '../terminal/stoppable.js';
import {describe, workFacts} from './facts.js';
import {measureModel, prepare, readSavedModel} from './measure-model.js';
import {showProgress} from './progress.js';
import type {ReportFlags} from './report-flags.js';
import {reportWriter, writeReport} from './write-report.js';
import {zeroNotes} from './zero-notes.js';

/** Reports the layerwise spectra of a saved model. All inputs are checked before an engine is loaded. */
export async function reportModel(path: string, flags: ReportFlags): Promise<void> {
  const {out, json} = flags;
  const isFile = out !== undefined && out !== '-';
  const write = isFile ? await reportWriter(out) : null;
  const saved = readSavedModel(path);
  const prepared = await prepare(flags);
  const progress = showProgress();
  const {spectra, loss, batches} = await stoppable(signal =>
    measureModel(saved, path, prepared, flags, {signal, announces: true, progress: progress.part}),
  ).finally(progress.end);
  const rows = prepared.data.x[0]!.shape[0]!;
  const facts: ReportFacts = {
    title: `Hessian of ${nameOf(path)}`,
    details: [
      ['parameters', spectra.full.parameters.toLocaleString('en')],
      ['loss', `${typesetNumber(loss)}${flags.loss === undefined ? '' : ` (${flags.loss})`}`],
      ...workFacts(flags, {rows, batches, engine: prepared.engine}),
    ],
  };
  if (write !== null) writeReport(out!, write(spectra, facts));
  if (json) console.log(JSON.stringify(spectra));
  else if (isFile) console.log(`${out}: the network and ${spectra.layers.length} layers.`);
  else console.log(asText(spectra, facts, process.stdout.isTTY || out === '-'));
}

function asText(spectra: LayerwiseSpectra, facts: ReportFacts, hasPicture: boolean): string {
  const style = terminalStyle();
  const words = spelled([facts.title, describe(facts), ''].join('\n'), style);
  const picture = hasPicture ? [terminalPicture(spectra, style), ''] : [];
  const table = spelled(textTable(reportBlocks(spectra)), style);
  const says = hasPicture
    ? ['', paragraphs([...findingLines(checkpointFindings(spectra)), ...reading(spectra)], style)]
    : [];
  return [words, ...picture, ...zeroNotes(spectra), table, ...says].join('\n');
}

function nameOf(path: string): string {
  const name = basename(path) === 'model.json' ? basename(dirname(path)) : basename(path);
  return name === '.' || name === '' ? path : name;
}
