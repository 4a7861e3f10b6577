import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {EngineSetupError} from '../../errors.js';
import type {Wheel} from '../libtensorflow.js';
import {run, tellingLine} from '../machine/command.js';
import type {Machine} from '../machine/machine.js';
import type {Python} from '../machine/python.js';

/** The parts of a wheel's file name: `name-version-python-abi-platform.whl`. The platform may be several tags. */
export function wheelParts(wheel: Wheel): {readonly name: string; readonly version: string; readonly platform: string} {
  const [name = '', version = '', , , platforms = ''] = wheel.file.replace(/\.whl$/, '').split('-');
  return {name: name.replaceAll('_', '-'), version, platform: platforms.split('.')[0] ?? ''};
}

/**
 * Downloads a wheel with pip, which knows the user's index, proxy and certificates, and checks its SHA-256.
 *
 * @param progress whether pip draws its progress bar on our standard output.
 * @returns the path of the file in `folder`.
 * @throws EngineSetupError if pip fails, or the file is not the pinned one.
 */
export async function downloadWheel(
  wheel: Wheel,
  folder: string,
  python: Python,
  machine: Machine,
  progress: boolean,
): Promise<string> {
  const {name, version, platform} = wheelParts(wheel);
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--python-version', '3.11'];
  args.push('--implementation', 'cp', '--platform', platform);
  const outcome = await run(
    python.command,
    // pip's own cache would keep a second copy.
    [
      ...args,
      '--no-cache-dir',
      '--disable-pip-version-check',
      '--retries',
      '2',
      '--dest',
      folder,
      `${name}==${version}`,
    ],
    {environment: {...machine.environment, PIP_REQUIRE_VIRTUALENV: '0'}, stdout: progress ? 'show' : 'capture'},
  );
  if (outcome.code !== 0) throw downloadError(wheel, outcome.stderr, `${python.command} ${args.join(' ')}`);
  const path = join(folder, wheel.file);
  const files = await readdir(folder);
  if (!files.includes(wheel.file)) {
    throw new EngineSetupError(
      `pip returned ${files.join(', ') || 'no file'} instead of ${wheel.file}. Does the index that pip uses ` +
        '(`pip config list`) hold the original wheels? PIP_INDEX_URL names another one.',
    );
  }
  const sha256 = await sha256Of(path);
  if (sha256 !== wheel.sha256) {
    await rm(path);
    throw hashError(wheel, `its SHA-256 is ${sha256}, not ${wheel.sha256}`);
  }
  return path;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, {highWaterMark: 1 << 20}), hash);
  return hash.digest('hex');
}

function downloadError(wheel: Wheel, stderr: string, command: string): EngineSetupError {
  const {name, version} = wheelParts(wheel);
  if (/DO NOT MATCH THE HASHES/i.test(stderr)) {
    return hashError(wheel, 'pip found that it does not match the hash in the index');
  }
  const reason = tellingLine(
    stderr,
    /No space left|Connection|resolve|Certificate|SSL|Proxy|Read timed out|HTTP error/i,
  );
  const byHand = `${command} --dest FOLDER ${name}==${version}`;
  return new EngineSetupError(
    `pip could not download ${name} ${version} (${megabytes(wheel.bytes)}): ${reason.slice(0, 300)}. Check the network ` +
      '(HTTPS_PROXY, PIP_INDEX_URL and PIP_CERT are used) and run the set-up again; for a computer without network, run ' +
      `\`${byHand}\` on another and set PIP_FIND_LINKS to that folder.`,
  );
}

function hashError(wheel: Wheel, finding: string): EngineSetupError {
  return new EngineSetupError(
    `${wheel.file} is not the file that was published: ${finding}. It was deleted and not used. Run the ` +
      'set-up again; if this persists, a proxy or mirror alters downloads: name another index in PIP_INDEX_URL.',
  );
}

/** A size as text, in decimal megabytes or gigabytes. */
export function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
