import {mkdirSync, writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {afterEach, expect, it, vi} from 'vitest';
import {findFirefox} from './firefox.js';
import {useFolder} from './sinks/use-folder.js';

const inFolder = useFolder();
afterEach(() => vi.unstubAllEnvs());

function withPrograms(...names: string[]): string {
  const folder = inFolder('bin');
  mkdirSync(folder, {recursive: true});
  for (const name of names) writeFileSync(join(folder, name), '');
  vi.stubEnv('PATH', ['/nowhere', folder].join(delimiter));
  return folder;
}

it.each([[[]], [['firefox']], [['firefox-esr']], [['Xvfb']]])('%j alone are no Firefox to test in', names => {
  withPrograms(...names);
  expect(findFirefox()).toBeUndefined();
});

it('Firefox is found in the path with its display, first the one with long support', () => {
  const folder = withPrograms('firefox', 'Xvfb');
  expect(findFirefox()).toEqual({path: join(folder, 'firefox'), display: join(folder, 'Xvfb')});
  withPrograms('firefox-esr');
  expect(findFirefox()?.path).toBe(join(folder, 'firefox-esr'));
});
