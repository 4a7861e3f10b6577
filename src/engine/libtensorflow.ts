import {EngineSetupError} from '../errors.js';
import pinned from './libtensorflow.json';
import type {Machine} from './machine/machine.js';

/** `cuda` computes on an NVIDIA GPU if it finds one, else on the CPU. */
export type Flavour = 'cpu' | 'cuda';

/** A Python wheel, used as an archive of shared libraries and headers. It is never installed. */
export interface Wheel {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  /** The size of the files that are taken from it, in bytes. */
  readonly unpackedBytes: number;
}

/** A libtensorflow to build the addon against. */
export interface Build {
  /** The name of the build's folder in the cache: version of libtensorflow, platform and flavour. */
  readonly id: string;
  readonly version: string;
  readonly flavour: Flavour;
  readonly wheels: readonly Wheel[];
}

/** The wheels of one libtensorflow release by platform and flavour, such as `linux-x64-cpu`. */
export interface Release {
  readonly version: string;
  readonly builds: Readonly<Record<string, readonly Wheel[]>>;
}

/**
 * The release that the set-up installs. The file names and hashes are those of the package index for `tensorflow-cpu==2.21.0`,
 * `tensorflow==2.21.0` and the packages of `tensorflow[and-cuda]==2.21.0`
 * (`pip install --dry-run --ignore-installed --report - …`), without `nvidia-cuda-nvcc-cu12`, which only XLA's compiler needs.
 * They are written down here, so that a file that was replaced later is refused.
 */
export const libtensorflow: Release = pinned;

const withoutNative =
  'Without the native engine TensorFlow.js still runs on WebAssembly: `npm install @tensorflow/tfjs-backend-wasm`.';

/**
 * Chooses the build for a machine.
 *
 * @throws EngineSetupError if there is no libtensorflow for it.
 */
export function buildFor(machine: Machine, flavour: Flavour, release: Release = libtensorflow): Build {
  const platform = `${machine.os}-${machine.arch}`;
  if (machine.os === 'win32') {
    throw new EngineSetupError(
      `The native engine does not run on Windows itself: libtensorflow ${release.version} has no libraries to link to ` +
        `there. Run Node inside WSL 2. ${withoutNative}`,
    );
  }
  const wheels = release.builds[`${platform}-${flavour}`];
  if (!wheels) {
    const alternative = release.builds[`${platform}-cpu`] ? `Use --cpu on ${platform}.` : withoutNative;
    throw new EngineSetupError(
      `There is no libtensorflow ${release.version} ${flavour === 'cuda' ? 'with CUDA ' : ''}for ${platform}; there is one for ` +
        `${Object.keys(release.builds).join(', ')}. ${alternative}`,
    );
  }
  if (machine.os === 'linux' && !isAtLeast(machine.glibc, [2, 27])) {
    throw new EngineSetupError(
      `libtensorflow ${release.version} needs the GNU C library 2.27 or newer; this system has ` +
        `${machine.glibc ?? 'another C library (musl, as in Alpine Linux)'}. Use a system or image based on Debian, Ubuntu ` +
        `or Fedora, such as node:22-slim. ${withoutNative}`,
    );
  }
  return {id: buildId(machine, flavour, release), version: release.version, flavour, wheels};
}

/** The name of a build, which need not exist. */
export function buildId(machine: Machine, flavour: Flavour, release: Release): string {
  return `libtensorflow-${release.version}-${machine.os}-${machine.arch}-${flavour}`;
}

function isAtLeast(version: string | null, [major, minor]: readonly [number, number]): boolean {
  if (version === null) return false;
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
