/** Aligns rows of text in columns: the first column to the left, the others to the right. A row with one cell is a heading. */
export function aligned(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const whole = [titles, ...rows.filter(cells => cells.length > 1)];
  const widths = titles.map((_, column) => Math.max(...whole.map(cells => cells[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('   ');
  const rule = '─'.repeat(line(titles).length);
  return [line(titles), rule, ...rows.map(line)].map(text => text.trimEnd()).join('\n');
}
