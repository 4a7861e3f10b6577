import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Measured} from './measure.js';

/** What the parts found, by part. Each part writes its own file after each thing that it measures. */
export interface GpuRecord {
  readonly facts?: FactsRecord;
  readonly exact?: ExactRecord;
  readonly speed?: Readonly<Record<string, SpeedRecord>>;
  readonly torch?: Readonly<Record<string, TorchRecord>>;
  readonly training?: TrainingRecord;
}

export interface FactsRecord {
  readonly date: string;
  readonly machine: string;
  readonly card: string;
  readonly engine: string;
  readonly doctor: readonly string[];
  /** Relative error of a matrix product of float32 numbers, against float64. */
  readonly productError: number;
  readonly teraflops: number;
  /** Microseconds of one small op. */
  readonly opMicroseconds: number;
}

/** The worst and the median relative error of the reference networks against float64, by quantity. */
export interface ExactRecord {
  readonly networks: number;
  readonly quantities: Readonly<
    Record<string, {readonly median: number; readonly worst: number; readonly network: string; readonly bound: number}>
  >;
  /** Networks whose products differ from run to run in the last bits. */
  readonly varying: readonly string[];
  readonly failures: Readonly<Record<string, string>>;
  readonly tensorsLeft: number;
}

export interface SpeedRecord {
  readonly title: string;
  readonly batchSize: number;
  readonly parameters: number;
  readonly times: Readonly<Record<string, Measured>>;
  /** Numbers that are no times, such as how far two ways of computing are apart. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, string>>;
}

export interface TorchRecord {
  readonly [task: string]: number | string;
}

export interface TrainingRecord {
  readonly rows: readonly Readonly<Record<string, number | string>>[];
}

export function writePart(folder: string, part: string, value: unknown): void {
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, `${part}.json`), `${JSON.stringify(value, rounded, 1)}\n`);
}

export function readPart<T>(folder: string, part: string): T | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, `${part}.json`), 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Keeps four digits, which is more than a clock can measure. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
