import {inPath} from './in-path.js';

/** @property display the X server without a screen that it draws on: without any display Firefox has no WebGL. */
export interface Firefox {
  readonly path: string;
  readonly display: string;
}

/** The Firefox that the tests of pages run in too. */
export function findFirefox(): Firefox | undefined {
  const path = inPath('firefox-esr') ?? inPath('firefox');
  const display = inPath('Xvfb');
  return path && display ? {path, display} : undefined;
}

/** Debian's packages of both, with Mesa's drivers and what Firefox asks for their names. */
export const firefoxPackages = ['firefox-esr', 'xvfb', 'libegl1', 'libgl1-mesa-dri', 'libpci3'];
export const noFirefox = `there is no Firefox with Xvfb here; on Debian \`npm test\` installs ${firefoxPackages.join(', ')} with apt.`;
