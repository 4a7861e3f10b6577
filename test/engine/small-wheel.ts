import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import type {Release} from '../../src/engine/libtensorflow.js';
import {type Machine, thisMachine} from '../../src/engine/machine/machine.js';

const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as wheel:
    info = 'tensorflow_cpu-9.9.9.dist-info/'
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tensorflow-cpu\\nVersion: 9.9.9\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: cp311-cp311-manylinux_2_27_x86_64\\n')
    wheel.writestr(info + 'RECORD', '')
    for name in ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'python/_pywrap.so',
                 'include/tensorflow/c/c_api.h', 'include/tensorflow/core/platform/ctstring_internal.h',
                 'include/Eigen/Dense.h', '../escape.h']:
        wheel.writestr('tensorflow/' + name, name * 100000)
`;

/** A real wheel of a few kilobytes, laid out like TensorFlow's, in a folder that pip can take for an index. */
export function makeSmallWheel(folder: string): Release {
  const file = 'tensorflow_cpu-9.9.9-cp311-cp311-manylinux_2_27_x86_64.whl';
  const path = join(folder, file);
  execFileSync('python3', ['-c', script, path]);
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return {
    version: '9.9.9',
    builds: {'linux-x64-cpu': [{file, sha256, bytes: statSync(path).size, unpackedBytes: 20_000_000}]},
  };
}

/** This computer, said to be the one that the small wheel is for, with a cache of its own and that wheel as pip's only source. */
export function machineFor(folder: string): Machine {
  const environment = {
    ...process.env,
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: folder,
    TFJS_HESSIAN_CACHE: join(folder, 'cache'),
  };
  return {...thisMachine(environment), os: 'linux', arch: 'x64', glibc: '2.36'};
}
