import {run, tellingLine} from './machine/command.js';
import type {Machine} from './machine/machine.js';
import type {NativePackage} from './packages/native-package.js';

/** The result of loading a native package and multiplying two matrices with it, in a child process. */
export type Probe =
  | {readonly works: true; readonly library: string; readonly gpu: boolean; readonly gpuComplaint: string | null}
  | {readonly works: false; readonly reason: string};

// The first two lines define two functions again that Node 23 removed and the package still calls.
const script = `
const util = require('node:util');
util.isNullOrUndefined ??= value => value == null; util.isArray ??= Array.isArray;
const tf = require(process.argv[1]);
const sum = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).sum().dataSync()[0];
if (sum !== 12) throw new Error('a matrix product summed to ' + sum + ' instead of 12');
const backend = tf.backend();
console.log('\\n' + JSON.stringify({library: backend.binding.TF_Version, gpu: backend.isUsingGpuDevice}));
`;

/** Loads a native package in a child process, since libtensorflow cannot be unloaded and may crash its process. */
export async function probe(pkg: NativePackage, machine: Machine): Promise<Probe> {
  const environment = {...machine.environment, TF_CPP_MIN_LOG_LEVEL: '0'};
  const outcome = await run(process.execPath, ['-e', script, pkg.folder], {environment});
  if (outcome.code !== 0) {
    return {works: false, reason: tellingLine(outcome.stderr, /^\w*Error: /).slice(0, 300)};
  }
  const answer = JSON.parse(outcome.stdout.trim().split('\n').at(-1) ?? '') as {library: string; gpu: boolean};
  return {works: true, ...answer, gpuComplaint: answer.gpu ? null : gpuComplaint(outcome.stderr)};
}

/** libtensorflow's warnings and errors look like `E0000 00:00:1 2 cuda_platform.cc:52] failed call to cuInit: …`. */
function gpuComplaint(stderr: string): string | null {
  const line = stderr.split('\n').find(text => /^[WE]\d{4} /.test(text) && /cuda|gpu|cudnn/i.test(text));
  return line?.replace(/^.*?\] /, '').slice(0, 300) ?? null;
}
