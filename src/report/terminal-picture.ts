import type {LayerwiseSpectra} from '../metrics/records.js';
import {type ReportBlock, reportBlocks} from './blocks.js';
import {densityLine, hills} from './density-line.js';
import {eigenvalueAxis} from './eigenvalue-axis.js';
import {printable, withError} from './markup.js';
import {terminalAxis} from './terminal-axis.js';
import type {TerminalStyle} from './terminal-style.js';
import {colored, signsOf, spelled} from './terminal-style.js';

const LONGEST_NAME = 18;
const GAP = '  ';

/**
 * The spectra as text, one line per block: its density, its largest eigenvalue as a dot, and its trace as a number and a
 * bar. The bar of a negative trace has a quiet color.
 */
export function terminalPicture(spectra: LayerwiseSpectra, style: TerminalStyle): string {
  return blockPicture(reportBlocks(spectra), style);
}

/** The same for blocks of several networks. */
export function blockPicture(blocks: readonly ReportBlock[], style: TerminalStyle): string {
  const names = blocks.map(({label}) => shortened(printable(label), style));
  const traces = blocks.map(({spectrum: {trace}}) => spelled(withError(trace.value, trace.standardError, 3), style));
  const nameWidth = widest(names);
  const traceWidth = widest(traces);
  const room = Math.max(24, style.width - nameWidth - traceWidth - 3 * GAP.length - 1);
  const barWidth = Math.max(4, Math.floor(room / 4));
  const axis = eigenvalueAxis(
    blocks.map(({spectrum}) => spectrum),
    room - barWidth,
  );
  const full = Math.max(...blocks.flatMap(({spectrum}) => hills(spectrum, axis)), Number.MIN_VALUE);
  const most = Math.max(...blocks.map(({spectrum}) => Math.abs(spectrum.trace.value)), Number.MIN_VALUE);
  const rows = blocks.map(({spectrum, layer}, i) => {
    const role = layer === null ? 'ink' : 'data';
    const {value} = spectrum.trace;
    return [
      names[i]!.padEnd(nameWidth),
      densityLine(spectrum, axis, full, style, role),
      traces[i]!.padStart(traceWidth),
      colored(bar(Math.abs(value) / most, barWidth, style), value < 0 ? 'quiet' : role, style),
    ].join(GAP);
  });
  const margin = ' '.repeat(nameWidth) + GAP;
  const titles = `${'eigenvalue density'.padEnd(axis.grid.length)}${GAP}${'trace'.padStart(traceWidth)}`;
  const [rule, labels] = terminalAxis(axis, style);
  return [margin + colored(titles, 'quiet', style), ...rows, margin + rule, margin + labels]
    .map(line => line.trimEnd())
    .join('\n');
}

/** A bar of a length between 0 and 1, with fractions of a character if the terminal has them. */
function bar(length: number, width: number, style: TerminalStyle): string {
  const {widths} = signsOf(style);
  const parts = widths.length - 1;
  const count = Math.max(length > 0 ? 1 : 0, Math.round(length * width * parts));
  return widths.at(-1)!.repeat(Math.floor(count / parts)) + (count % parts ? widths[count % parts]! : '');
}

/** A name that fits into its column. The end is kept, since it tells layers apart. */
function shortened(name: string, style: TerminalStyle): string {
  const letters = [...spelled(name, style)];
  return letters.length <= LONGEST_NAME
    ? letters.join('')
    : spelled('…', style) + letters.slice(1 - LONGEST_NAME).join('');
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(text => [...text].length));
}
