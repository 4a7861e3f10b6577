import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach} from 'vitest';

/** A folder for each test, which is deleted afterwards. */
export function useFolder(): (name: string) => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-sinks-'));
  });
  afterEach(() => rmSync(folder, {recursive: true, force: true}));
  return name => join(folder, name);
}
