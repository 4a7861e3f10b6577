import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {EngineSetupError} from '../../errors.js';
import {run, tellingLine} from '../machine/command.js';
import type {Machine} from '../machine/machine.js';

interface PackageManager {
  readonly lockFile: string;
  /** Distinguishes two package managers whose lock files have the same name. */
  readonly contains?: string;
  readonly command: string;
  /** Its command to add a package. */
  readonly add: string;
  readonly flags: readonly string[];
}

/** The command that installs packages without their scripts, by the nearest lock file. */
const managers: readonly PackageManager[] = [
  {
    lockFile: 'package-lock.json',
    command: 'npm',
    add: 'install',
    flags: ['--ignore-scripts', '--no-audit', '--no-fund'],
  },
  {lockFile: 'pnpm-lock.yaml', command: 'pnpm', add: 'add', flags: ['--ignore-scripts']},
  // Yarn 2 and later have no such flag, but an environment variable.
  {lockFile: 'yarn.lock', contains: '__metadata', command: 'yarn', add: 'add', flags: []},
  {lockFile: 'yarn.lock', command: 'yarn', add: 'add', flags: ['--ignore-scripts']},
  {lockFile: 'bun.lock', command: 'bun', add: 'add', flags: ['--ignore-scripts']},
  {lockFile: 'bun.lockb', command: 'bun', add: 'add', flags: ['--ignore-scripts']},
];

function managerOf(directory: string): PackageManager {
  for (let folder = directory; ; folder = dirname(folder)) {
    const found = managers.find(({lockFile, contains = ''}) => {
      const path = join(folder, lockFile);
      return existsSync(path) && readFileSync(path, 'utf8').includes(contains);
    });
    // npm comes with Node.
    if (found || folder === dirname(folder)) return found ?? managers[0]!;
  }
}

/** The command of the project's package manager. */
export function commandOf(directory: string): string {
  return managerOf(directory).command;
}

/**
 * Installs the packages of a project's package.json, or adds one, with the project's own package manager and without install
 * scripts.
 *
 * @param added the name and version of a package to add. Default: none.
 * @returns the command as a user would type it.
 * @throws EngineSetupError with the package manager's reason.
 */
export async function installPackages(directory: string, machine: Machine, added?: string): Promise<string> {
  const {command, add, flags} = managerOf(directory);
  const args = added === undefined ? ['install', ...flags] : [add, ...flags, added];
  const line = `${command} ${args.join(' ')}`;
  const environment = {...machine.environment, YARN_ENABLE_SCRIPTS: 'false'};
  const {code, stdout, stderr} = await run(command, args, {cwd: directory, environment});
  if (code !== 0) throw notInstalled(line, directory, tellingLine(stderr || stdout, complaint).slice(0, 300));
  return line;
}

const complaint = /^npm error (?!A complete log)|ERR|error/i;

export function notInstalled(line: string, directory: string, reason: string): EngineSetupError {
  return new EngineSetupError(
    `\`${line}\` did not add the package to ${directory}: ${reason}. Add it by hand with install scripts ` +
      'off (npm: --ignore-scripts), then run the set-up again.',
  );
}
