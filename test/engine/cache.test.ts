import {appendFileSync, chmodSync, chownSync, mkdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeEach, describe, expect, it} from 'vitest';
import {addonEdition, cachedAddon} from '../../src/engine/addon.js';
import {sha256} from '../../src/engine/cache.js';
import type {Library} from '../../src/engine/library/library.js';
import {type Machine, thisMachine} from '../../src/engine/machine/machine.js';
import type {NativePackage} from '../../src/engine/packages/native-package.js';
import {needs} from '../needs.js';
import {useFolder} from '../sinks/use-folder.js';

const inFolder = useFolder();
const pkg = {name: '@tensorflow/tfjs-node', version: '4.22.0', napi: 8} as NativePackage;
const library = {build: {id: 'a-library'}} as Library;
let folder = '';
let addon = '';
let digest = '';
let machine: Machine;

beforeEach(async () => {
  machine = {...thisMachine(), cache: inFolder('cache')};
  folder = join(machine.cache, `addon-tfjs-node-4.22.0-napi-v8-edition-${addonEdition}-a-library`);
  mkdirSync(folder, {recursive: true});
  [addon, digest] = ['tfjs_binding.node', 'tfjs_binding.node.sha256'].map(name => join(folder, name)) as [
    string,
    string,
  ];
  writeFileSync(addon, 'the code of an addon');
  writeFileSync(digest, await sha256(addon));
});

const root = needs(process.getuid?.() === 0, 'Only root can give a file to another user.');

describe('An addon in the cache', () => {
  it('is used if it is the file that was built', async () => {
    expect(await cachedAddon(pkg, library, machine)).toBe(addon);
  });

  it.each([
    ['is torn', () => truncateSync(addon, 5)],
    ['is empty', () => truncateSync(addon, 0)],
    ['is longer', () => appendFileSync(addon, 'and more')],
    ['is another of the same size', () => writeFileSync(addon, 'THE CODE OF AN ADDON')],
    ['is missing', () => rmSync(addon)],
    ['has no digest', () => rmSync(digest)],
    ['has a torn digest', () => truncateSync(digest, 12)],
    ['can be written by everybody', () => chmodSync(addon, 0o666)],
    ['has a digest that everybody can write', () => chmodSync(digest, 0o666)],
    ['is in a folder that everybody can write', () => chmodSync(folder, 0o777)],
  ])('is built again if it %s', async (_, spoil) => {
    spoil();
    expect(await cachedAddon(pkg, library, machine)).toBeNull();
  });

  it.each([
    ['it', () => addon],
    ['its digest', () => digest],
    ['its folder', () => folder],
  ])('is built again if %s belongs to another user', root, async (_, path) => {
    chownSync(path(), 12_345, 12_345);
    expect(await cachedAddon(pkg, library, machine)).toBeNull();
  });
});
