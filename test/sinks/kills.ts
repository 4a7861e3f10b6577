import {spawn} from 'node:child_process';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {readSamples} from '../../src/sinks/read-samples.js';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** The result of a killed writer. */
export interface Killed {
  /** The last index that it reported as written; -1 for none. */
  readonly said: number;
  /** The indices of the samples in the file. */
  readonly found: readonly number[];
}

/**
 * Repeatedly kills a process that writes samples, at a random moment. Each process continues the file of the one before.
 *
 * @param random numbers between 0 and 1.
 */
export async function* killWriters(path: string, times: number, random: () => number): AsyncGenerator<Killed> {
  let next = 0;
  for (let i = 0; i < times; i++) {
    const said = await killWriter(path, next, 1 + Math.floor(10 * random()), 4 * random());
    const found: number[] = [];
    for await (const {index} of readSamples(path)) found.push(index);
    yield {said: Math.max(said, next - 1), found};
    next = found.length;
  }
}

/** Kills the writer `delay` milliseconds after it has reported a number of samples. */
function killWriter(path: string, first: number, samples: number, delay: number): Promise<number> {
  const script = join(import.meta.dirname, 'write-samples.ts');
  const child = spawn(process.execPath, ['--import', tsx, script, path, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  let isDoomed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (isDoomed || said.split('\n').length <= samples) return;
    isDoomed = true;
    setTimeout(() => child.kill('SIGKILL'), delay);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`The writer ended by itself (${signal ?? child.exitCode}).`));
      else resolve(Number(said.split('\n').at(-2) ?? first - 1));
    });
  });
}
