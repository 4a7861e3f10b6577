import type {GpuRecord} from './record.js';

/** The record as a page. */
export function markdownOf(record: GpuRecord): string {
  const {facts, exact, speed = {}, torch = {}, training} = record;
  const lines: string[] = ['# On a GPU', ''];
  if (facts) {
    lines.push(
      `${facts.date.slice(0, 16)}: ${facts.card}; ${facts.machine}; ${facts.engine}.`,
      '',
      `A product of matrices is right to ${facts.productError.toExponential(1)} and runs at ${facts.teraflops.toFixed(0)} TFLOP/s; a small op takes ${facts.opMicroseconds.toFixed(0)} µs.`,
      '',
      ...facts.doctor.map(line => `    ${line}`),
      '',
    );
  }
  if (exact) {
    lines.push(
      `## ${exact.networks} reference networks against float64`,
      '',
      ...table(
        ['relative error of', 'median', 'worst', 'network', 'bound of the tests'],
        Object.entries(exact.quantities).map(([name, {median, worst, network, bound}]) => [
          name,
          e(median),
          worst > bound ? `**${e(worst)}**` : e(worst),
          network,
          e(bound),
        ]),
      ),
      '',
      `Tensors left over: ${exact.tensorsLeft}. Products that differ from run to run in the last bits: ${exact.varying.join(', ') || 'none'}.`,
      ...Object.entries(exact.failures).map(([name, message]) => `- ${name}: ${message}`),
      '',
    );
  }
  const names = Object.keys(speed);
  if (names.length > 0) {
    const rows = [...new Set(names.flatMap(name => Object.keys(speed[name]!.times)))];
    const numbers = [...new Set(names.flatMap(name => Object.keys(speed[name]!.numbers)))];
    const tasks = [...new Set(names.flatMap(name => Object.keys(torch[name] ?? {})))];
    lines.push(
      '## Times',
      '',
      'Medians in milliseconds. Each run ends by reading one number.',
      '',
      ...table(
        ['', ...names],
        [
          ...rows.map(row => [row, ...names.map(name => number(speed[name]!.times[row]?.median))]),
          ...numbers.map(row => [row, ...names.map(name => number(speed[name]!.numbers[row]))]),
          ...tasks.map(task => [`PyTorch: ${task}`, ...names.map(name => number(torch[name]?.[task]))]),
        ],
      ),
      '',
      ...names.flatMap(name =>
        Object.entries(speed[name]!.failures).map(([what, message]) => `- ${name}, ${what}: ${message}`),
      ),
      '',
    );
  }
  if (training && training.rows.length > 0) {
    const columns = Object.keys(training.rows[0]!);
    lines.push(
      '## Training',
      '',
      ...table(
        columns,
        training.rows.map(row => columns.map(column => number(row[column]))),
      ),
      '',
    );
  }
  return lines.join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`);
}

function number(x: number | string | undefined): string {
  if (x === undefined) return '';
  if (typeof x === 'string') return x;
  if (x !== 0 && Math.abs(x) < 1e-3) return e(x);
  return Number.isInteger(x) ? String(x) : x.toPrecision(3);
}

function e(x: number): string {
  return x === 0 ? '0' : x.toExponential(1);
}
