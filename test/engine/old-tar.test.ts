import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, relative} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {thisMachine} from '../../src/engine/machine/machine.js';
import {oldTar, replaceOldTar} from '../../src/engine/packages/old-tar.js';
import {EngineSetupError} from '../../src/errors.js';

const native = '@tensorflow/tfjs-node-gpu';
let project: string;

/** Puts a package without code into the project's `node_modules`. */
function install(name: string, version: string): void {
  const folder = join(project, 'node_modules', name);
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, 'package.json'), JSON.stringify({name, version}));
}

const manifest = () => JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as Record<string, unknown>;
const write = (parts: object) => writeFileSync(join(project, 'package.json'), JSON.stringify(parts, null, 2));

/** A machine with an npm that does nothing, so that only package.json changes. */
function machineWithoutNpm() {
  const bin = join(project, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\necho "$@" >> npm-calls\n', {mode: 0o755});
  return thisMachine({...process.env, PATH: `${bin}:${process.env.PATH}`});
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'tfjs-hessian-tar-'));
  write({name: 'project', optionalDependencies: {[native]: '^4.22.0'}});
});
afterEach(() => rmSync(project, {recursive: true}));

describe('the old tar of the native package', () => {
  it.each([
    ['6.2.1', '6.2.1'],
    ['7.5.1', null],
    ['10.0.0', null],
  ])('is found in the project: %s', (version, found) => {
    install(native, '4.22.0');
    install('tar', version);
    expect(oldTar(project)).toBe(found);
    expect(oldTar(relative('.', project))).toBe(found);
  });

  it('is not looked for outside the project, nor without the native package', () => {
    install('tar', '6.2.1');
    expect(oldTar(project)).toBeNull();
    install(native, '4.22.0');
    mkdirSync(join(project, 'packages/inner'), {recursive: true});
    writeFileSync(join(project, 'packages/inner/package.json'), '{}');
    expect(oldTar(join(project, 'packages/inner'))).toBeNull();
  });

  it.skipIf(process.platform === 'win32')(
    'is replaced for the native package alone, and other overrides stay',
    async () => {
      write({
        name: 'project',
        optionalDependencies: {[native]: '^4.22.0'},
        overrides: {other: '1.0.0', [native]: {rimraf: '^5.0.0'}},
      });
      await replaceOldTar(project, machineWithoutNpm());
      expect(manifest()).toEqual({
        name: 'project',
        optionalDependencies: {[native]: '^4.22.0'},
        overrides: {other: '1.0.0', [native]: {rimraf: '^5.0.0', tar: '^7.5.0'}},
      });
      expect(readFileSync(join(project, 'npm-calls'), 'utf8')).toMatch(/^install --ignore-scripts /);
    },
  );

  it('is left to the user by an error with another package manager, and package.json stays', async () => {
    writeFileSync(join(project, 'pnpm-lock.yaml'), '');
    const before = manifest();
    const attempt = replaceOldTar(project, thisMachine());
    await expect(attempt).rejects.toThrow(EngineSetupError);
    await expect(attempt).rejects.toThrow(/"overrides" for npm, and this project uses pnpm.*pnpm-workspace\.yaml/);
    expect(manifest()).toEqual(before);
  });
});
