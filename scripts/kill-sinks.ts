// Kills a process that writes samples with `ndjson` at random moments, and checks that all samples are in its file:
//
//   npx tsx scripts/kill-sinks.ts [times = 50]
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {killWriters} from '../test/sinks/kills.js';

const times = Number(process.argv[2] ?? 50);
const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-kill-'));
let kills = 0;
let samples = 0;
for await (const {said, found} of killWriters(join(folder, 'run.ndjson'), times, Math.random)) {
  kills++;
  samples = found.length;
  if (found.some((index, i) => index !== i) || samples <= said || samples > said + 2) {
    throw new Error(`After kill ${kills}, sample ${said} was written and ${samples} are found; see ${folder}.`);
  }
}
rmSync(folder, {recursive: true});
console.log(`${kills} kills, ${samples} samples, none lost.`);
