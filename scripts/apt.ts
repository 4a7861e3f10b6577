import {spawnSync} from 'node:child_process';
import {runCommand} from './run-command.js';

/** Whether this process may install packages of Debian. */
export function mayUseApt(): boolean {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
}

/**
 * Installs packages of Debian.
 *
 * @param args names, and options of apt-get.
 * @throws Error with what apt-get said.
 */
export function aptInstall(...args: string[]): void {
  // Another process may be installing something.
  const wait = ['-o', 'DPkg::Lock::Timeout=600'];
  const environment = {DEBIAN_FRONTEND: 'noninteractive'};
  runCommand('apt-get', [...wait, 'update', '-q'], {environment});
  runCommand('apt-get', [...wait, 'install', '-y', '-q', ...args], {environment});
}
