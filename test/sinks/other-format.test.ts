import {writeFileSync} from 'node:fs';
import {from, lastValueFrom} from 'rxjs';
import {describe, expect, it} from 'vitest';
import {exportRun} from '../../src/cli/export/export-run.js';
import {RunFollower} from '../../src/dashboard/runs/follow-run.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {readSamples} from '../../src/sinks/read-samples.js';
import {makeSample} from './make-sample.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();
const wayOut =
  /and a run has a sample in JSON on each line\. Name the file that ndjson\(path\) has written, such as run\.ndjson\.$/;

/** The messages of both readers of a run. */
async function refusals(path: string): Promise<string[]> {
  const nothing = () => {};
  const follower = new RunFollower(path, {onSample: nothing, onNote: nothing, onRestart: nothing});
  const reads = [lastValueFrom(from(readSamples(path))), follower.read()];
  const ends = await Promise.allSettled(reads);
  return ends.map(end => (end.status === 'rejected' ? String(end.reason.message) : 'none'));
}

describe('a file that is not a run is called what it looks like', () => {
  it.each([
    ['run.csv', 'run.csv looks like a CSV file'],
    ['run.parquet', 'run.parquet is a Parquet file'],
    ['run.tfevents', 'run.tfevents is not a file of text'],
  ])('%s, made from a run', async (name, words) => {
    from([makeSample(0), makeSample(1)]).subscribe(ndjson(inFolder('run.ndjson')));
    await exportRun(inFolder('run.ndjson'), inFolder(name));
    for (const message of await refusals(inFolder(name))) {
      expect(message).toContain(`${words}, `);
      expect(message).toMatch(wayOut);
    }
  });

  it.each([
    ['\uFEFFstep,loss\r\n1,2\r\n', 'looks like a CSV file'],
    ['[\n  {"schema": 2}\n]\n', 'begins with a list, "["'],
  ])('%j', async (text, words) => {
    writeFileSync(inFolder('other'), text);
    for (const message of await refusals(inFolder('other'))) {
      expect(message).toContain(`other ${words}, `);
      expect(message).toMatch(wayOut);
    }
  });

  it('and a damaged line of a run by its place', async () => {
    const line = JSON.stringify(makeSample(0));
    writeFileSync(inFolder('first'), `${line.slice(0, 100)}\n${line}\n`);
    for (const message of await refusals(inFolder('first'))) expect(message).toMatch(/first, line 1: It is not JSON/);
    writeFileSync(inFolder('second'), `${line}\nstep,loss\n`);
    for (const message of await refusals(inFolder('second'))) expect(message).toMatch(/second, line 2: It is not JSON/);
  });
});
