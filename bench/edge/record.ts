import {existsSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

/** One moment of a training. */
export interface EdgePoint {
  /** Steps made. */
  readonly step: number;
  readonly loss: number;
  /** The largest eigenvalue of the Hessian. */
  readonly top: number;
  /** That of P^−½ H P^−½. */
  readonly sharpness: number;
  readonly threshold: number;
  /** Sharpness / threshold. */
  readonly ratio: number;
}

/** What was trained, and with what. */
export interface EdgeHead {
  readonly optimizer: string;
  readonly learningRate: number;
  readonly parameters: number;
  readonly images: number;
  readonly engine: string;
  readonly seconds: number;
}

export interface EdgeRecord extends EdgeHead {
  readonly points: readonly EdgePoint[];
}

const pathOf = (folder: string, name: string): string => join(folder, `${name}.ndjson`);

/** The record of a name; `null` if there is none yet. */
export function readRecord(folder: string, name: string): EdgeRecord | null {
  const path = pathOf(folder, name);
  if (!existsSync(path)) return null;
  const [head, ...points] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as unknown);
  return {...(head as EdgeHead), points: points as EdgePoint[]};
}

/** A head and a line for each point, with five digits. The file is whole or not there. */
export function writeRecord(folder: string, name: string, {points, ...head}: EdgeRecord): void {
  const path = pathOf(folder, name);
  mkdirSync(dirname(path), {recursive: true});
  const short = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(5)) : value;
  writeFileSync(`${path}.part`, [head, ...points].map(each => `${JSON.stringify(each, short)}\n`).join(''));
  renameSync(`${path}.part`, path);
}
