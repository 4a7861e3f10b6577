import Papa from 'papaparse';
import {InvalidArgumentError} from '../../../errors.js';
import type {ArrayData, DataSet} from './array-data.js';

const TARGET = /^y\d*$/;

/**
 * Reads inputs and targets from CSV. The columns y, y0, y1, … are the target, or else the last column.
 *
 * @param path the file's name, for messages.
 * @throws InvalidArgumentError for a file without rows, rows of different lengths, or a cell that is not a number.
 */
export function parseCsvData(text: string, path: string): DataSet {
  const {data, errors} = Papa.parse<string[]>(text, {skipEmptyLines: 'greedy'});
  // A file with one column has no delimiter.
  const error = errors.find(({type}) => type !== 'Delimiter');
  if (error) throw new InvalidArgumentError(`${path}, row ${(error.row ?? 0) + 1}: ${error.message}.`);
  const [head = []] = data;
  const hasHeader = head.some(cell => !isNumber(cell));
  const rows = hasHeader ? data.slice(1) : data;
  const names = head.map((cell, i) => (hasHeader ? cell.trim() : `column ${i + 1}`));
  if (rows.length === 0 || names.length < 2) {
    throw new InvalidArgumentError(`${path} needs at least one row and two columns: inputs and a target.`);
  }
  rows.forEach((row, i) => {
    const at = `${path}, row ${i + (hasHeader ? 2 : 1)}`;
    if (row.length !== names.length) {
      throw new InvalidArgumentError(`${at} has ${row.length} cells, and there are ${names.length} columns.`);
    }
    const j = row.findIndex(cell => !isNumber(cell));
    if (j >= 0) throw new InvalidArgumentError(`${at}: "${row[j]}" in ${names[j]} is not a number; encode it first.`);
  });
  const named = names.flatMap((name, i) => (hasHeader && TARGET.test(name) ? [i] : []));
  const targets = named.length > 0 ? named : [names.length - 1];
  const inputs = names.flatMap((_, i) => (targets.includes(i) ? [] : [i]));
  if (inputs.length === 0) throw new InvalidArgumentError(`${path} has no input: all columns are named y….`);
  return {x: [select(rows, inputs)], y: [select(rows, targets)]};
}

function select(rows: readonly string[][], columns: readonly number[]): ArrayData {
  return {
    shape: [rows.length, columns.length],
    values: Float32Array.from(rows.flatMap(row => columns.map(column => Number(row[column])))),
  };
}

function isNumber(cell: string): boolean {
  return cell.trim() !== '' && !Number.isNaN(Number(cell));
}
