import {EngineSetupError} from '../../errors.js';
import {lastLine, run} from '../machine/command.js';
import type {Machine} from '../machine/machine.js';
import type {Python} from '../machine/python.js';

/**
 * The files that are taken from the wheels, and their new places. libtensorflow looks for CUDA at `$ORIGIN/../nvidia/<library>/lib`,
 * so the two folders are side by side. Of 11,000 headers the addon includes fourteen, all in these folders.
 */
const rules: readonly (readonly [pattern: string, target: string])[] = [
  ['tensorflow/(libtensorflow_(?:cc|framework)\\.(?:so\\.2|2\\.dylib))', 'lib/\\1'],
  [
    'tensorflow/include/((?:tensorflow/c|tensorflow/core/platform|tsl/platform|xla/tsl/c)/.*ctstring.*\\.h)',
    'include/\\1',
  ],
  ['tensorflow/include/((?:tensorflow/c|xla/tsl/c)/.*\\.h)', 'include/\\1'],
  ['(nvidia/[^/]+/lib/[^/]+\\.so[.\\d]*)', '\\1'],
];

// pip needs Python anyway. Python's zipfile streams, verifies checksums and reads archives of any size.
const script = `
import json, os, re, shutil, sys, zipfile
wheel, target, rules = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
with zipfile.ZipFile(wheel) as archive:
    for member in archive.infolist():
        if '..' in member.filename.split('/'):
            continue
        for pattern, replacement in rules:
            if re.fullmatch(pattern, member.filename):
                path = os.path.join(target, re.sub(pattern, replacement, member.filename))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with archive.open(member) as source, open(path, 'wb') as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                break
`;

/**
 * Unpacks a wheel's libraries and headers into `target/lib`, `target/include` and `target/nvidia`.
 *
 * @throws EngineSetupError if the archive cannot be read or the disk is full.
 */
export async function unpackWheel(wheel: string, target: string, python: Python, machine: Machine): Promise<void> {
  const args = ['-c', script, wheel, target, JSON.stringify(rules)];
  const outcome = await run(python.command, args, {environment: machine.environment});
  if (outcome.code !== 0) {
    throw new EngineSetupError(
      `${wheel} could not be unpacked to ${target}: ${lastLine(outcome.stderr)}. Run the set-up again; the environment variable ` +
        'TFJS_HESSIAN_CACHE names another place to unpack to.',
    );
  }
}
