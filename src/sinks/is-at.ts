import {fstatSync, statSync} from 'node:fs';

/** Whether an open file still has its path: it was neither removed nor replaced. */
export function isAt(descriptor: number, path: string): boolean {
  const there = statSync(path, {throwIfNoEntry: false});
  const {dev, ino} = fstatSync(descriptor);
  return there !== undefined && there.dev === dev && there.ino === ino;
}
