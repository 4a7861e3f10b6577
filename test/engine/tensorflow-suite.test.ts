import {join} from 'node:path';
import {expect, it} from 'vitest';
import {thisMachine} from '../../src/engine/machine/machine.js';
import {findNativePackage} from '../../src/engine/packages/native-package.js';
import {probe} from '../../src/engine/probe.js';
import {needs, noEngine} from '../needs.js';
import {repository, runSource} from './run-source.js';

const pkg = findNativePackage(repository, thisMachine().napi);
const works = pkg !== null && (await probe(pkg, thisMachine())).works;

// The package was written for libtensorflow 2.9; that 2.21 keeps its promises is for TensorFlow.js' own tests to say.
it("passes TensorFlow.js' own tests, except for the rounding of integers", needs(works, noEngine), async () => {
  const suite = join(pkg!.folder, 'dist/run_tests.js');
  // Without a pattern it looks for the pattern "undefined".
  const {stdout} = await runSource([suite, '--grep', '.'], {cwd: repository, environment: {TF_CPP_MIN_LOG_LEVEL: '2'}});
  // biome-ignore lint/suspicious/noControlCharactersInRegex: jasmine colours its report.
  const report = stdout.replace(/\u001b\[\d+m/g, '');
  const [, specs, failures] = /(\d+) specs, (\d+) failures?/.exec(report) ?? [];
  expect(Number(specs)).toBeGreaterThan(3800);
  // Round has no kernel for int32 any more; nobody differentiates through it.
  expect(report.match(/^\d+\) .*\n {2}Message:/gm)).toEqual(['1) round test-tensorflow {} int32\n  Message:']);
  expect(failures).toBe('1');
});
