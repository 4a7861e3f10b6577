import {accessSync, constants, statSync, writeFileSync} from 'node:fs';
import {dirname, extname} from 'node:path';
import {InvalidArgumentError} from '../../errors.js';
import type {LayerwiseSpectra} from '../../metrics/records.js';
import type {ReportFacts} from '../../report/facts.js';
import {withPeers} from './peer.js';

/** Makes the content of a report file from the spectra. */
export type ReportWriter = (spectra: LayerwiseSpectra, facts: ReportFacts) => string | Uint8Array;

const rendering = ['@resvg/resvg-js', '@expo-google-fonts/inter'];

/** The writers by file extension. */
const writers: Readonly<Record<string, () => Promise<ReportWriter>>> = {
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

/**
 * The writer for a file. Called before any work begins.
 *
 * @throws InvalidArgumentError for another file extension, for a folder that is not there or cannot be written to, or if a package is not
 *   installed.
 */
export async function reportWriter(file: string): Promise<ReportWriter> {
  const writer = writers[extname(file).toLowerCase()];
  if (writer === undefined) {
    throw new InvalidArgumentError(`--out ${file}: a report ends in ${Object.keys(writers).join(', ')}.`);
  }
  requireFolder(file);
  return writer();
}

/** The work may take long: a folder that is missing is said before it. */
function requireFolder(file: string): void {
  const folder = dirname(file);
  const existing = statSync(folder, {throwIfNoEntry: false});
  const trouble = (what: string) => new InvalidArgumentError(`--out ${file}: ${what}; choose another --out.`);
  if (existing === undefined) throw trouble(`the folder ${folder} does not exist`);
  if (!existing.isDirectory()) throw trouble(`${folder} is not a folder`);
  if (statSync(file, {throwIfNoEntry: false})?.isDirectory()) throw trouble('it is a folder');
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new InvalidArgumentError(`--out ${file}: the folder ${folder} cannot be written to; choose another --out.`, {
      cause,
    });
  }
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
    throw new InvalidArgumentError(`${file} cannot be written (${(error as Error).message}); choose another --out.`, {
      cause: error,
    });
  }
}
