import {mkdir, readFile, rm, stat, utimes, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {dirname} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {isAlive} from '../processes.js';

interface Owner {
  readonly pid: number;
  readonly host: string;
}

const heartbeatMilliseconds = 5_000;
const silenceThatMeansDeath = 60_000;

/**
 * Runs `work` while no other process holds the same lock.
 *
 * A holder that was killed is recognized by its process id, or, on another host that shares the folder, by the age of the lock.
 * The lock only avoids double work. Files are put in place by a rename, so even two holders (two processes that find a dead
 * owner at the same time) leave a complete cache.
 *
 * @param onWait is called once if another process holds the lock.
 */
export async function withLock<T>(file: string, onWait: (owner: string) => void, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), {recursive: true});
  for (let waited = false; !(await take(file)); waited = true) {
    const owner = await readOwner(file);
    if (owner === 'gone') continue;
    if (owner === 'dead') {
      await rm(file, {force: true});
      continue;
    }
    if (!waited) onWait(owner);
    await sleep(200);
  }
  const heartbeat = setInterval(() => utimes(file, new Date(), new Date()).catch(() => {}), heartbeatMilliseconds);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(file, {force: true});
  }
}

async function take(file: string): Promise<boolean> {
  const owner: Owner = {pid: process.pid, host: hostname()};
  try {
    await writeFile(file, JSON.stringify(owner), {flag: 'wx'});
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(file: string): Promise<string | 'gone' | 'dead'> {
  try {
    const {mtimeMs} = await stat(file);
    if (Date.now() - mtimeMs > silenceThatMeansDeath) return 'dead';
    const owner = ownerIn(await readFile(file, 'utf8'));
    if (owner === null) return 'a process that has not said its name';
    if (owner.host === hostname() && !isAlive(owner.pid)) return 'dead';
    return `process ${owner.pid} on ${owner.host}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
    throw error;
  }
}

/** `null` if the lock does not name its owner: the process is about to write its name, or was killed before it had. */
function ownerIn(text: string): Owner | null {
  try {
    const owner = JSON.parse(text) as Owner | null;
    return Number.isInteger(owner?.pid) && typeof owner?.host === 'string' ? owner : null;
  } catch {
    return null;
  }
}
