import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {expect, it} from 'vitest';
import {InvalidArgumentError} from '../../src/errors.js';
import {csv} from '../../src/sinks/csv.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {parquet} from '../../src/sinks/parquet.js';
import {makeSample} from './make-sample.js';
import {useFolder} from './use-folder.js';

const inFolder = useFolder();

it.each([
  ['ndjson', ndjson, 'file.lock'],
  ['csv', csv, 'file.lock'],
  ['parquet', parquet, 'file.ndjson.lock'],
])('a second %s sink on a file is refused until the first one has ended', async (_, open, lock) => {
  const first = open(inFolder('file'));
  first.next(makeSample(0));
  expect(() => open(inFolder('file'))).toThrow(InvalidArgumentError);
  expect(() => open(inFolder('file'))).toThrow(/is being written by another sink of this process.*dispose\(\)/);
  first.complete();
  await first.closed;
  expect(existsSync(inFolder(lock))).toBe(false);
  const second = open(inFolder('file'));
  second.complete();
  await second.closed;
});

it('a file that another process writes is refused while it lives, with its name and the way out', async () => {
  const {pid, end} = await otherProcess();
  writeLock({pid, host: hostname(), start: startOf(pid)});
  expect(() => ndjson(inFolder('run.ndjson'))).toThrow(
    new RegExp(`being written by process ${pid} on .*; write to another file.*remove .*run\\.ndjson\\.lock\\.$`),
  );
  await end();
  ndjson(inFolder('run.ndjson')).complete();
});

it('a process with the id of a dead writer is not taken for it', async () => {
  const {pid, end} = await otherProcess();
  writeLock({pid, host: hostname(), start: 'earlier'});
  ndjson(inFolder('run.ndjson')).complete();
  await end();
});

it('a lock of another host is respected', () => {
  writeLock({pid: 1, host: 'elsewhere', start: null});
  expect(() => ndjson(inFolder('run.ndjson'))).toThrow(/being written by process 1 on elsewhere/);
});

it('an empty lock, which a process is about to fill, is respected for some seconds', () => {
  const lock = inFolder('run.ndjson.lock');
  writeFileSync(lock, '');
  expect(() => ndjson(inFolder('run.ndjson'))).toThrow(/being written by another process/);
  utimesSync(lock, new Date(0), new Date(0));
  ndjson(inFolder('run.ndjson')).complete();
});

it('a file that is refused for its content leaves no lock', () => {
  writeFileSync(inFolder('mine'), 'hello');
  expect(() => ndjson(inFolder('mine'))).toThrow(/not a run/);
  expect(existsSync(inFolder('mine.lock'))).toBe(false);
});

it('a process that exits without completing its sinks leaves no lock', async () => {
  const script = `
    import {ndjson} from ${JSON.stringify(new URL('../../src/sinks/ndjson.ts', import.meta.url).pathname)};
    for (const name of ['a', 'b']) ndjson(${JSON.stringify(`${inFolder('')}/`)} + name);`;
  writeFileSync(inFolder('open.ts'), script);
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), inFolder('open.ts')], {
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(['a', 'a.lock', 'b.lock'].map(name => existsSync(inFolder(name)))).toEqual([true, false, false]);
});

function writeLock(owner: object): void {
  writeFileSync(inFolder('run.ndjson.lock'), JSON.stringify(owner));
}

/** When a process started, as the lock names it. */
function startOf(pid: number): string | null {
  if (!existsSync('/proc/self/stat')) return null;
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21]!;
}

async function otherProcess() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const end = () => {
    child.kill('SIGKILL');
    return once(child, 'exit');
  };
  return {pid: child.pid!, end};
}
