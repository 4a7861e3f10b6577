import {describe, expect, it} from 'vitest';
import {wheelParts} from '../../src/engine/library/wheel.js';
import {buildFor, libtensorflow} from '../../src/engine/libtensorflow.js';
import {cacheFolder, type Machine, thisMachine} from '../../src/engine/machine/machine.js';
import {EngineSetupError} from '../../src/errors.js';

const machine = (os: string, arch: string, glibc: string | null = null): Machine => ({
  ...thisMachine(),
  os,
  arch,
  glibc,
});

describe('buildFor', () => {
  it.each([
    [machine('linux', 'x64', '2.36'), 'cpu', 'libtensorflow-2.21.0-linux-x64-cpu', 'tensorflow-cpu', 1],
    [machine('linux', 'x64', '2.27'), 'cuda', 'libtensorflow-2.21.0-linux-x64-cuda', 'tensorflow', 12],
    [machine('linux', 'arm64', '2.36'), 'cpu', 'libtensorflow-2.21.0-linux-arm64-cpu', 'tensorflow', 1],
    [machine('darwin', 'arm64'), 'cpu', 'libtensorflow-2.21.0-darwin-arm64-cpu', 'tensorflow', 1],
  ] as const)('has a build for machine %#', (on, flavour, id, name, wheels) => {
    const build = buildFor(on, flavour);
    expect(build.id).toBe(id);
    expect(wheelParts(build.wheels[0]!)).toMatchObject({name, version: '2.21.0'});
    expect(build.wheels).toHaveLength(wheels);
  });

  it.each([
    ['Windows', machine('win32', 'x64'), 'cpu', /Windows.*WSL 2.*WebAssembly/],
    ['musl', machine('linux', 'x64', null), 'cpu', /C library 2\.27 or newer.*musl.*node:22-slim.*WebAssembly/],
    ['an old C library', machine('linux', 'x64', '2.17'), 'cpu', /2\.27 or newer; this system has 2\.17/],
    [
      'a processor without a wheel',
      machine('linux', 'riscv64', '2.39'),
      'cpu',
      /for linux-riscv64; there is one for linux-x64-cpu,/,
    ],
    ['an Intel Mac', machine('darwin', 'x64'), 'cpu', /for darwin-x64; .*WebAssembly/],
    ['CUDA on a Mac', machine('darwin', 'arm64'), 'cuda', /with CUDA for darwin-arm64; .*Use --cpu on darwin-arm64/],
    ['CUDA on Linux arm64', machine('linux', 'arm64', '2.36'), 'cuda', /Use --cpu on linux-arm64/],
  ] as const)('refuses %s and names a way out', (_, on, flavour, message) => {
    expect(() => buildFor(on, flavour)).toThrow(EngineSetupError);
    expect(() => buildFor(on, flavour)).toThrow(message);
  });
});

describe('the pinned release', () => {
  it('pins each wheel by its version and a SHA-256 that no other wheel has', () => {
    const wheels = Object.values(libtensorflow.builds).flat();
    for (const wheel of wheels) {
      expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(wheelParts(wheel).version).toMatch(/^\d+(\.\d+)+$/);
    }
    expect(new Set(wheels.map(({sha256}) => sha256)).size).toBe(wheels.length);
  });
});

describe('cacheFolder', () => {
  it.each([
    [{TFJS_HESSIAN_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/h'}, 'linux', '/a'],
    [{XDG_CACHE_HOME: '/b', HOME: '/h'}, 'linux', '/b/tfjs-hessian'],
    [{HOME: '/h'}, 'linux', '/h/.cache/tfjs-hessian'],
    [{HOME: '/h'}, 'darwin', '/h/Library/Caches/tfjs-hessian'],
  ])('is what %o says on %s', (environment, os, folder) => {
    expect(cacheFolder(environment, os)).toBe(folder);
  });
});
