import {mkdirSync, readdirSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import type {GraphDef} from '../../src/native/graph-def.js';
import {nodeModules} from '../../src/native/node-modules.js';
import {FolderError, openSession} from '../../src/native/session.js';
import type {NativeBinding} from '../../src/tfjs-internals/node/backend.js';
import {useFolder} from '../sinks/use-folder.js';

vi.mock('../../src/native/saved-model.js', () => ({TAG: 'serve', savedModel: () => new Uint8Array(1)}));

const inFolder = useFolder();
beforeEach(() => {
  vi.stubEnv('TMPDIR', inFolder('temporary'));
  mkdirSync(inFolder('temporary'));
});
afterEach(() => vi.unstubAllEnvs());

/** A process id that no process has. */
const NOBODY = 2 ** 22 + 1;
const HOUR = 3_600_000;

function leave(name: string, age: number): void {
  const folder = join(inFolder('temporary'), name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'saved_model.pb'), '');
  const time = new Date(Date.now() - age);
  utimesSync(folder, time, time);
}

it('removes the folders that killed processes have left, and no others', () => {
  const others = [
    [`tfjs-hessian-graph-${NOBODY}-fresh0`, 0],
    [`tfjs-hessian-graph-${process.pid}-ours00`, HOUR],
    [`tfjs-hessian-${NOBODY}-abcdef`, HOUR],
    [`tfjs-hessian-graph-${NOBODY}-abcdef.zip`, HOUR],
    ['tfjs-hessian-graph-x-abcdef', HOUR],
  ] as const;
  for (const [name, age] of others) leave(name, age);
  leave(`tfjs-hessian-graph-${NOBODY}-abcdef`, HOUR);
  leave(`tfjs-hessian-graph-${NOBODY + 1}-abcdef`, HOUR);
  const seen: string[] = [];
  const binding = {
    loadSavedModel(folder: string) {
      seen.push(...readdirSync(folder));
      return 5;
    },
  } as unknown as NativeBinding;
  expect(openSession({} as GraphDef, binding)).toBe(5);
  expect(seen).toEqual(['saved_model.pb']);
  expect(readdirSync(inFolder('temporary')).sort()).toEqual(others.map(([name]) => name).sort());
});

const opens = {loadSavedModel: () => 5} as unknown as NativeBinding;

it('opens a session in a temporary folder that may be written and not read', () => {
  const list = vi.spyOn(nodeModules()!.fs, 'readdirSync').mockImplementation(() => {
    throw Object.assign(new Error('EACCES: permission denied, scandir'), {code: 'EACCES'});
  });
  try {
    expect(openSession({} as GraphDef, opens)).toBe(5);
    expect(list).toHaveBeenCalled();
  } finally {
    list.mockRestore();
  }
  expect(readdirSync(inFolder('temporary'))).toEqual([]);
});

it('says which temporary folder cannot be used', () => {
  vi.stubEnv('TMPDIR', inFolder('missing'));
  expect(() => openSession({} as GraphDef, opens)).toThrow(FolderError);
});
