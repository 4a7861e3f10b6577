import {existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import type {Library} from '../../../src/engine/library/library.js';
import {linkInto, readStamp, writeStamp} from '../../../src/engine/library/link.js';
import type {NativePackage} from '../../../src/engine/packages/native-package.js';
import {needs} from '../../needs.js';

// A file system in memory, to which there are no hard links from outside.
const otherFileSystem = '/dev/shm';
const isOther = existsSync(otherFileSystem) && statSync(otherFileSystem).dev !== statSync(tmpdir()).dev;

it(
  'makes symbolic links across file systems, and has no stamp after the cache was emptied',
  needs(isOther, '/dev/shm is not a separate file system.'),
  async () => {
    const cache = mkdtempSync(join(otherFileSystem, 'tfjs-hessian-'));
    const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-'));
    try {
      mkdirSync(join(cache, 'lib'));
      writeFileSync(join(cache, 'lib/libtensorflow_cc.so.2'), 'library');
      writeFileSync(join(cache, 'addon.node'), 'addon');
      const build = {id: 'b', version: '1', flavour: 'cpu', wheels: []} as const;
      const library: Library = {build, folder: cache, files: {'lib/libtensorflow_cc.so.2': 7}};
      const addon = join(folder, 'lib/napi-v8/tfjs_binding.node');
      const pkg: NativePackage = {name: '@tensorflow/tfjs-node', version: '4.22.0', folder, napi: 8, addon};

      expect(readStamp(pkg)).toBeNull();
      await linkInto(pkg, library, join(cache, 'addon.node'));
      expect(readStamp(pkg)).toBeNull();
      await writeStamp(pkg, library, 3);
      expect(readStamp(pkg)).toMatchObject({id: 'b', flavour: 'cpu', edition: 3});
      const linked = join(folder, 'deps/lib/libtensorflow_cc.so.2');
      expect(lstatSync(linked).isSymbolicLink()).toBe(true);
      expect(readFileSync(linked, 'utf8')).toBe('library');
      expect(lstatSync(addon).isSymbolicLink()).toBe(false);

      rmSync(cache, {recursive: true});
      expect(readStamp(pkg)).toBeNull();
    } finally {
      rmSync(folder, {recursive: true});
      rmSync(cache, {recursive: true, force: true});
    }
  },
);
