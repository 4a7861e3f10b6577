import {existsSync, readFileSync} from 'node:fs';
import {statfs} from 'node:fs/promises';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {processReport} from '../../tfjs-internals/node/report.js';

/** What the set-up needs to know about the computer. It is read once and passed on; tests use other values. */
export interface Machine {
  /** `process.platform`: `linux`, `darwin`, `win32`, … */
  readonly os: string;
  /** `process.arch`: `x64`, `arm64`, … */
  readonly arch: string;
  /** The version of the GNU C library; `null` on musl and outside Linux. */
  readonly glibc: string | null;
  /** The version of the NVIDIA driver; `null` if there is none. */
  readonly nvidiaDriver: string | null;
  /** The newest Node-API version of this Node. */
  readonly napi: number;
  /** The cache folder, which all projects of the user share. */
  readonly cache: string;
  readonly environment: NodeJS.ProcessEnv;
  /** The free bytes for this user on the file system of an existing folder. */
  readonly freeBytes: (folder: string) => Promise<number>;
}

/** The computer that this process runs on. */
export function thisMachine(environment: NodeJS.ProcessEnv = process.env): Machine {
  return {
    os: process.platform,
    arch: process.arch,
    glibc: process.platform === 'linux' ? glibcVersion() : null,
    nvidiaDriver: process.platform === 'linux' ? nvidiaDriverVersion() : null,
    napi: Number(process.versions.napi),
    cache: cacheFolder(environment),
    environment,
    freeBytes: async folder => {
      const {bavail, bsize} = await statfs(folder);
      return bavail * bsize;
    },
  };
}

/** `TFJS_HESSIAN_CACHE`, else a folder where the system keeps the caches of a user. */
export function cacheFolder(environment: NodeJS.ProcessEnv, os: string = process.platform): string {
  if (environment.TFJS_HESSIAN_CACHE) return environment.TFJS_HESSIAN_CACHE;
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'tfjs-hessian');
  const home = environment.HOME || homedir();
  return os === 'darwin' ? join(home, 'Library', 'Caches', 'tfjs-hessian') : join(home, '.cache', 'tfjs-hessian');
}

function glibcVersion(): string | null {
  const report = processReport() as {header?: {glibcVersionRuntime?: string}};
  return report.header?.glibcVersionRuntime ?? null;
}

/**
 * The version in `/proc/driver/nvidia/version`, whose first line is `… NVIDIA UNIX x86_64 Kernel Module  535.183.01 …`, or for the
 * open kernel modules `… NVIDIA UNIX Open Kernel Module for x86_64  580.159.04 …`.
 */
export function driverVersion(text: string): string | null {
  return /Kernel Module(?: for \S+)?\s+(\d[\d.]*)/.exec(text)?.[1] ?? null;
}

function nvidiaDriverVersion(): string | null {
  const proc = '/proc/driver/nvidia/version';
  if (existsSync(proc)) {
    return driverVersion(readFileSync(proc, 'utf8')) ?? 'of unknown version';
  }
  // WSL 2 has no such file. There the driver of Windows appears as a library.
  return existsSync('/usr/lib/wsl/lib/libcuda.so.1') ? 'of Windows (WSL 2)' : null;
}
