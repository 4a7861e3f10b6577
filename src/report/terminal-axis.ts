import {columnOf} from './density-line.js';
import type {EigenvalueAxis} from './eigenvalue-axis.js';
import type {TerminalStyle} from './terminal-style.js';
import {colored, signsOf, spelled} from './terminal-style.js';

/** The axis of eigenvalues as two lines of text: a rule with ticks, and their labels. */
export function terminalAxis(axis: EigenvalueAxis, style: TerminalStyle): [rule: string, labels: string] {
  const {rule, tick} = signsOf(style);
  const columns = axis.grid.length;
  const line = Array<string>(columns).fill(rule);
  const labels = Array<string>(columns).fill(' ');
  // Zero comes first. A label without space beside the earlier ones is omitted.
  for (const {value, label} of axis.ticks) {
    const text = [...spelled(label, style)];
    const column = columnOf(value, axis);
    const begin = Math.max(0, Math.min(columns - text.length, column - Math.floor((text.length - 1) / 2)));
    if (labels.slice(Math.max(0, begin - 1), begin + text.length + 1).some(sign => sign !== ' ')) continue;
    line[column] = tick;
    labels.splice(begin, text.length, ...text);
  }
  return [colored(line.join(''), 'quiet', style), colored(labels.join(''), 'quiet', style)];
}
