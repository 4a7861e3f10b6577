import {readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {InvalidArgumentError} from '../errors.js';
import {isAlive} from '../processes.js';

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the system's own unit; `null` where that is not known. */
  readonly start: string | null;
}

const timeToWriteMilliseconds = 10_000;

/** The lock files of this process, which it removes when it exits. */
const held = new Set<string>();

/**
 * Takes the right to write a file: makes `<path>.lock`, which names this process.
 *
 * A lock whose process has ended, even by a kill, is taken over. Where no lock file can be made beside the file, there is
 * no lock.
 *
 * @returns a function that gives the right back.
 * @throws InvalidArgumentError if the file has a writer.
 */
export function lockForWriting(path: string): () => void {
  const file = `${path}.lock`;
  if (!take(file)) {
    const owner = ownerOf(file);
    if (owner === null ? isNew(file) : isWriting(owner)) throw hasWriter(path, file, owner);
    removeDeadLock(file);
    if (!take(file)) throw hasWriter(path, file, ownerOf(file));
  }
  if (held.size === 0) process.on('exit', releaseAll);
  held.add(file);
  return () => release(file);
}

/** Whether the lock file could be made, or none can be made in this folder. */
function take(file: string): boolean {
  const owner: Owner = {pid: process.pid, host: hostname(), start: startOf(process.pid)};
  try {
    writeFileSync(file, JSON.stringify(owner), {flag: 'wx'});
    return true;
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return true;
    throw error;
  }
}

/** `null` if the lock does not name its owner: the process is about to write its name, or was killed before it had. */
function ownerOf(file: string): Owner | null {
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8')) as Owner;
    return Number.isInteger(owner?.pid) && typeof owner.host === 'string' ? owner : null;
  } catch {
    return null;
  }
}

/** Whether the process of a lock may still write. Nothing is known of a process of another host. */
function isWriting({pid, host, start}: Owner): boolean {
  return host !== hostname() || (isAlive(pid) && start === startOf(pid));
}

function isNew(file: string): boolean {
  const age = Date.now() - (statSync(file, {throwIfNoEntry: false})?.mtimeMs ?? 0);
  return age < timeToWriteMilliseconds;
}

/** When a process of this host started. Tells it from a later one with the same id; `null` where the system does not say. */
function startOf(pid: number): string | null {
  try {
    // The fields after the name, which is in parentheses and may have blanks; the start is the 22nd of all.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return fields[19] ?? null;
  } catch {
    return null;
  }
}

/** Of several processes that find the same dead lock, only one can rename it. */
function removeDeadLock(file: string): void {
  const grave = `${file}.${process.pid}`;
  try {
    renameSync(file, grave);
    rmSync(grave);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function hasWriter(path: string, file: string, owner: Owner | null): InvalidArgumentError {
  const isOwn = owner?.pid === process.pid && owner.host === hostname();
  const writer = isOwn
    ? 'another sink of this process, whose stream has not ended (dispose() of its callback ends it)'
    : owner === null
      ? 'another process'
      : `process ${owner.pid} on ${owner.host}`;
  return new InvalidArgumentError(
    `${path} is being written by ${writer}; write to another file, or end that writer first. If there is none, remove ${file}.`,
  );
}

function release(file: string): void {
  held.delete(file);
  if (held.size === 0) process.off('exit', releaseAll);
  rmSync(file, {force: true});
}

function releaseAll(): void {
  for (const file of held) rmSync(file, {force: true});
}
