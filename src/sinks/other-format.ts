/** What the first line of a file that is not a run looks like; `null` if that is unknown. */
export function otherFormat(line: string): string | null {
  const text = line.replace(/^\uFEFF/, '').trimStart();
  if (text.startsWith('PAR1')) return 'is a Parquet file';
  // Decoded bytes that are no text.
  if (/[\0\uFFFD]/.test(text)) return 'is not a file of text';
  if (text.startsWith('[')) return 'begins with a list, "["';
  return /^[^{,]+,/.test(text) ? 'looks like a CSV file' : null;
}
