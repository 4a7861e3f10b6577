import {execFileSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import {gpuFindings} from '../../src/engine/gpu-findings.js';
import {loadTensorFlow} from '../../src/engine/load.js';
import {driverVersion, thisMachine} from '../../src/engine/machine/machine.js';
import {findNativePackage} from '../../src/engine/packages/native-package.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {prepareForNative} from '../../src/tfjs-internals/node/loading.js';
import {needs, noEngine} from '../needs.js';
import {repository} from './run-source.js';

describe('driverVersion', () => {
  it.each([
    [
      'the closed kernel module',
      'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n' +
        'GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n',
      '535.183.01',
    ],
    [
      'the open kernel module',
      'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build  (root@build)  Tue May  5\n' +
        'GCC version:  gcc version 13.3.0 (Ubuntu 13.3.0-6ubuntu2~24.04)\n',
      '580.159.04',
    ],
    [
      'the open kernel module on Arm',
      'NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  570.86.15  x\n',
      '570.86.15',
    ],
    ['another text', 'GCC version:  gcc version 13.3.0\n', null],
  ])('reads the line of %s', (_, text, version) => {
    expect(driverVersion(text)).toBe(version);
  });
});

describe('what the doctor says of a GPU', () => {
  const machine = (NVIDIA_TF32_OVERRIDE?: string) => ({
    nvidiaDriver: '580.159.04',
    environment: NVIDIA_TF32_OVERRIDE === undefined ? {} : {NVIDIA_TF32_OVERRIDE},
  });
  const used = {flavour: 'cuda', isUsed: true, complaint: null} as const;

  it.each([
    [undefined, 'ok', /^off, unless `loadTensorFlow\(\{tf32: true\}\)` leaves it on$/],
    ['0', 'ok', /^off, by NVIDIA_TF32_OVERRIDE=0$/],
    ['1', 'note', /^left on by NVIDIA_TF32_OVERRIDE=1: .* three digits$/],
  ])('names the driver, and TF32 where the variable is %s', (override, status, found) => {
    expect(gpuFindings({machine: machine(override), ...used})).toMatchObject([
      {name: 'GPU', status: 'ok', found: 'NVIDIA driver 580.159.04'},
      {name: 'TF32', status, found: expect.stringMatching(found)},
    ]);
  });

  it('has no word on TF32 where no GPU is used', () => {
    const complaint = 'failed call to cuInit';
    const found = gpuFindings({machine: machine(), flavour: 'cuda', isUsed: false, complaint});
    expect(found).toMatchObject([{name: 'GPU', status: 'note', found: expect.stringContaining(complaint)}]);
    expect(gpuFindings({machine: machine(), flavour: 'cpu', isUsed: false, complaint: null})).toMatchObject([
      {name: 'GPU', status: 'note', fix: expect.stringContaining('setup --cuda')},
    ]);
  });
});

describe('TF32', () => {
  const override = () => process.env.NVIDIA_TF32_OVERRIDE;

  it('is turned off before the library is loaded, unless it is to stay on or the user has set the variable', () => {
    const before = override();
    delete process.env.NVIDIA_TF32_OVERRIDE;
    try {
      const stays = prepareForNative({}, {tf32: true});
      expect(override()).toBeUndefined();
      stays();
      const off = prepareForNative({}, {tf32: false});
      expect(override()).toBe('0');
      off();
      expect(override()).toBeUndefined();
      process.env.NVIDIA_TF32_OVERRIDE = '1';
      prepareForNative({}, {tf32: false})();
      expect(override()).toBe('1');
    } finally {
      if (before === undefined) delete process.env.NVIDIA_TF32_OVERRIDE;
      else process.env.NVIDIA_TF32_OVERRIDE = before;
    }
  });

  const pkg = findNativePackage(repository, thisMachine().napi);

  it('is off in the environment of a process that has loaded the native engine', needs(pkg, noEngine), () => {
    const program = (options: string) => `
      import {loadTensorFlow} from ${JSON.stringify(new URL('../../src/node.ts', import.meta.url).href)};
      await loadTensorFlow(${options});
      console.log(process.env.NVIDIA_TF32_OVERRIDE ?? 'not set');
    `;
    const {NVIDIA_TF32_OVERRIDE: _, ...env} = process.env;
    const printed = (options: string) =>
      execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program(options)], {
        cwd: repository,
        env,
        encoding: 'utf8',
      }).trim();
    expect(printed('')).toBe('0');
    expect(printed('{tf32: true}')).toBe('not set');
    expect(printed("{prefer: 'cpu'}")).toBe('not set');
  });

  it('has an option that takes true or false, and a name', async () => {
    // @ts-expect-error: what JavaScript callers may write.
    await expect(loadTensorFlow({tf32: 'on'})).rejects.toThrow(InvalidArgumentError);
    // @ts-expect-error: what JavaScript callers may write.
    await expect(loadTensorFlow({tf23: true})).rejects.toThrow(/tf23/);
  });
});
