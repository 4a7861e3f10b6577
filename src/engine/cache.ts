import {createHash, randomUUID} from 'node:crypto';
import {mkdir, readdir, readFile, rename, rm, stat} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {isAlive} from '../processes.js';

/**
 * Makes the folder `<cache>/<name>`. It fills a draft folder beside it and renames the draft when it is complete, so an
 * interruption never leaves an incomplete folder under that name.
 *
 * @returns the folder's path.
 */
export async function publish(cache: string, name: string, fill: (draft: string) => Promise<void>): Promise<string> {
  const folder = join(cache, name);
  const draft = join(cache, `draft-${process.pid}-${hostname()}-${randomUUID().slice(0, 8)}`);
  await mkdir(draft, {recursive: true});
  try {
    await fill(draft);
    await rm(folder, {recursive: true, force: true});
    await rename(draft, folder).catch(async error => {
      // Another process has put a complete one there meanwhile.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      await rm(draft, {recursive: true});
    });
  } catch (error) {
    await rm(draft, {recursive: true, force: true});
    throw error;
  }
  return folder;
}

/** Removes the drafts of set-ups that were killed. */
export async function removeDeadDrafts(cache: string): Promise<void> {
  const oneDay = 24 * 60 * 60 * 1000;
  for (const name of await readdir(cache)) {
    const [, pid, host] = /^draft-(\d+)-(.+)-[^-]+$/.exec(name) ?? [];
    if (pid === undefined) continue;
    const path = join(cache, name);
    // Whether a process of another host is alive is not known: then the age of the draft decides.
    const dead = host === hostname() ? !isAlive(Number(pid)) : Date.now() - (await stat(path)).mtimeMs > oneDay;
    if (dead) await rm(path, {recursive: true, force: true, maxRetries: 3});
  }
}

/** Whether nobody but this user and root can have written a file or folder. Unknown on systems without such owners: then true. */
export async function isOurs(path: string): Promise<boolean> {
  const user = process.getuid?.();
  if (user === undefined) return true;
  const {uid, mode} = await stat(path);
  return (uid === user || uid === 0) && (mode & WRITABLE_BY_OTHERS) === 0;
}

const WRITABLE_BY_OTHERS = 0o002;

export async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
