// Ends a training that writes its samples with every sink, at random moments, and checks that its files have all of them:
//
//   npx tsx scripts/kill-sinks.ts [kills = 50] [interrupts = 20] [terminations = 20]
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {needsPythonReaders, runPython} from '../test/python-readers.js';
import {faultOf, killWriters} from '../test/sinks/kills.js';

const [kills = 50, interrupts = 20, terminations = 20] = process.argv.slice(2).map(Number);
const hasReaders = (await needsPythonReaders()).skip !== true;

for (const [signal, times] of [
  ['SIGKILL', kills],
  ['SIGINT', interrupts],
  ['SIGTERM', terminations],
] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-kill-'));
  let samples = 0;
  let ended = 0;
  for await (const killed of killWriters(folder, {times, signal, random: Math.random, training: true})) {
    ended++;
    samples = killed.said + 1;
    const fault = faultOf(killed) ?? (hasReaders ? eventFault(join(folder, 'logs'), killed.said) : null);
    if (fault !== null) throw new Error(`${signal} ${ended}: ${fault} See ${folder}.`);
  }
  rmSync(folder, {recursive: true});
  console.log(
    `${ended} × ${signal}, ${samples} samples, none lost in NDJSON, CSV, the journal of Parquet${hasReaders ? ', TensorBoard' : ''}.`,
  );
}

/** Reads the event files with TensorBoard's reader. */
function eventFault(logdir: string, said: number): string | null {
  const script = `
import json, sys
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
print(json.dumps([event.step for path in sys.argv[1:] for event in EventFileLoader(path).Load() if event.HasField('summary')]))`;
  const steps = new Set(runPython(script, ...readdirSync(logdir).map(name => join(logdir, name))) as number[]);
  const lost = Array.from({length: said + 1}, (_, i) => i + 1).filter(step => !steps.has(step));
  return lost.length === 0 ? null : `TensorBoard: steps ${lost} are missing.`;
}
