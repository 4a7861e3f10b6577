import {accessSync, constants, statSync, writeFileSync} from 'node:fs';
import {dirname, extname} from 'node:path';
import {InvalidArgumentError} from '../../errors.js';
import type {LayerwiseSpectra} from '../../metrics/records.js';
import type {ReportFacts} from '../../report/facts.js';
import {UsageError} from '../usage-error.js';
import {withPeers} from './peer.js';

/** Makes the content of a report file. */
export type Writer<Content> = (content: Content, facts: ReportFacts) => string | Uint8Array;

/** The writers of a kind of report by file extension. */
export type Writers<Content> = Readonly<Record<string, () => Promise<Writer<Content>>>>;

const rendering = ['@resvg/resvg-js', '@expo-google-fonts/inter'];

const writers: Writers<LayerwiseSpectra> = {
  '.json': async () => spectra => `${JSON.stringify(spectra)}\n`,
  '.html': async () => {
    const {reportPage} = await import('../../report/report-page.js');
    const {pageDocument} = await import('../../sinks/drawing/page-document.js');
    return (spectra, facts) => reportPage(spectra, facts, pageDocument());
  },
  '.svg': sheetWriter,
  '.png': () =>
    withPeers('A .png report', rendering, async () => {
      const toSvg = await sheetWriter();
      const {toPng} = await import('../../sinks/drawing/png.js');
      return (spectra, facts) => toPng(toSvg(spectra, facts));
    }),
};

async function sheetWriter(): Promise<(spectra: LayerwiseSpectra, facts: ReportFacts) => string> {
  const {reportSheet} = await import('../../report/report-sheet.js');
  const {pageDocument} = await import('../../sinks/drawing/page-document.js');
  return (spectra, facts) => reportSheet(spectra, facts, pageDocument());
}

/** The writer of the report of one model. */
export function reportWriter(file: string): Promise<Writer<LayerwiseSpectra>> {
  return writerOf(file, writers);
}

/**
 * The writer for a file. Called before any work begins.
 *
 * @throws UsageError for another file extension.
 * @throws InvalidArgumentError for a folder that is not there or cannot be written to, or if a package is not
 *   installed.
 */
export async function writerOf<Content>(file: string, writers: Writers<Content>): Promise<Writer<Content>> {
  const writer = writers[extname(file).toLowerCase()];
  if (writer === undefined) {
    throw new UsageError(`--out ${file}: a report ends in ${Object.keys(writers).join(', ')}.`);
  }
  requireWritable(file);
  return writer();
}

/** The work may take long: a file that cannot be written is said before it. */
function requireWritable(file: string): void {
  const folder = dirname(file);
  const existing = statSync(folder, {throwIfNoEntry: false});
  if (existing === undefined) throw cannotBeWritten(file, `the folder ${folder} does not exist`);
  if (!existing.isDirectory()) throw cannotBeWritten(file, `${folder} is not a folder`);
  if (statSync(file, {throwIfNoEntry: false})?.isDirectory()) throw cannotBeWritten(file, 'it is a folder');
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw cannotBeWritten(file, `the folder ${folder} is not writable`, cause);
  }
}

function cannotBeWritten(file: string, why: string, cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`${file} cannot be written (${why}); choose another --out.`, {cause});
}

/**
 * Writes a report file.
 *
 * @throws InvalidArgumentError if that is impossible.
 */
export function writeReport(file: string, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw cannotBeWritten(file, (error as Error).message, error);
  }
}
