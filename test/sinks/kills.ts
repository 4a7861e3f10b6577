import {spawn} from 'node:child_process';
import {mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import Papa from 'papaparse';
import {readSamples} from '../../src/sinks/read-samples.js';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export interface KillArgs {
  readonly times: number;
  readonly signal: 'SIGKILL' | 'SIGINT' | 'SIGTERM';
  /** Numbers between 0 and 1. */
  readonly random: () => number;
  /** Whether the samples are those of a training. */
  readonly training?: boolean;
}

/** What a writer left behind. */
export interface Killed {
  /** The last index that it reported as written; -1 for none. */
  readonly said: number;
  /** The indices of the samples in each file. */
  readonly found: Readonly<Record<'ndjson' | 'csv' | 'parquet', readonly number[]>>;
}

/**
 * Repeatedly ends a process that writes samples with every sink, at a random moment. Each process continues the files of the
 * one before.
 */
export async function* killWriters(folder: string, {times, ...args}: KillArgs): AsyncGenerator<Killed> {
  mkdirSync(folder, {recursive: true});
  let next = 0;
  for (let i = 0; i < times; i++) {
    const said = await killWriter(folder, next, args);
    const found = {
      ndjson: await indices(join(folder, 'run.ndjson')),
      csv: tableIndices(join(folder, 'run.csv')),
      // Its table is made at the end of the stream; until then this file has its samples.
      parquet: await indices(join(folder, 'run.parquet.ndjson')),
    };
    const last = Math.max(said, next - 1);
    yield {said: last, found};
    // A sample that only some files have comes again.
    next = last + 1;
  }
}

/** Why what a writer left behind is wrong; `null` if it is right. */
export function faultOf({said, found}: Killed): string | null {
  for (const [file, indices] of Object.entries(found)) {
    const distinct = [...new Set(indices)];
    if (distinct.some((index, i) => index !== i)) return `${file}: a sample is missing among ${distinct}.`;
    if (distinct.length <= said) return `${file}: sample ${said} was written and ${distinct.length} are found.`;
    // The sample after the last reported one may be complete.
    if (distinct.length > said + 2) return `${file}: ${distinct.length} samples are found and ${said} is the last.`;
  }
  return null;
}

async function indices(path: string): Promise<number[]> {
  const found: number[] = [];
  for await (const {index} of readSamples(path)) found.push(index);
  return found;
}

/** The indices of the rows of networks, without a torn last row. */
function tableIndices(path: string): number[] {
  const text = readFileSync(path, 'utf8');
  const {data} = Papa.parse<Record<string, string>>(text.slice(0, text.lastIndexOf('\n')), {header: true});
  return data.filter(({layer}) => layer === '').map(({index}) => Number(index));
}

/** Ends the writer at a random moment after it has reported a random number of samples. */
function killWriter(
  folder: string,
  first: number,
  {signal: sent, random, training = false}: Omit<KillArgs, 'times'>,
): Promise<number> {
  const samples = 1 + Math.floor(10 * random());
  const delay = 4 * random();
  const script = join(import.meta.dirname, 'write-samples.ts');
  const args = ['--import', tsx, script, folder, String(first), ...(training ? ['training'] : [])];
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']});
  let said = '';
  let isDoomed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (isDoomed || said.split('\n').length <= samples) return;
    isDoomed = true;
    setTimeout(() => child.kill(sent), delay);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal !== sent) reject(new Error(`The writer ended by itself (${signal ?? child.exitCode}).`));
      else resolve(Number(said.split('\n').at(-2) ?? first - 1));
    });
  });
}
