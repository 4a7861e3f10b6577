import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {EngineSetupError} from '../../errors.js';
import {run, tellingLine} from '../machine/command.js';
import type {Machine} from '../machine/machine.js';

interface PackageManager {
  readonly lockFile: string;
  /** What tells two managers with the same lock file's name apart. */
  readonly contains?: string;
  readonly command: string;
  /** Its command that adds a package. */
  readonly add: string;
  readonly flags: readonly string[];
}

/** Which command installs packages without running their scripts, told by the nearest lock file. */
const managers: readonly PackageManager[] = [
  {
    lockFile: 'package-lock.json',
    command: 'npm',
    add: 'install',
    flags: ['--ignore-scripts', '--no-audit', '--no-fund'],
  },
  {lockFile: 'pnpm-lock.yaml', command: 'pnpm', add: 'add', flags: ['--ignore-scripts']},
  // Yarn 2 and later take no such flag; an environment variable says it to them.
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
    // npm is what Node brings.
    if (found || folder === dirname(folder)) return found ?? managers[0]!;
  }
}

/**
 * Installs what a project's package.json lists, or adds a package to it, with the project's own package manager and without
 * install scripts.
 *
 * @param added name and version; default: nothing is added.
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
