import {resolve} from 'node:path';
import {EngineSetupError} from '../errors.js';
import type {Finding} from './finding.js';
import {broken, finding, note} from './finding.js';
import {gpuFindings} from './gpu-findings.js';
import {readStamp, wasSetUp} from './library/link.js';
import {buildFor} from './libtensorflow.js';
import {findCompiler} from './machine/compiler.js';
import {type Machine, thisMachine} from './machine/machine.js';
import {findPython} from './machine/python.js';
import {findNativePackage} from './packages/native-package.js';
import {probe} from './probe.js';

export type {Finding};

export interface Diagnosis {
  /** Whether the native engine loads and computes. */
  readonly works: boolean;
  /** Whether something is there to load. `false` before the first set-up, which is not an error. */
  readonly setUp: boolean;
  /** The device that it computes on; `null` if it does not work. */
  readonly device: 'gpu' | 'cpu' | null;
  readonly findings: readonly Finding[];
}

/** Checks everything that the native engine needs, and loads the engine in a child process. Changes nothing. */
export async function diagnose(directory = '.', machine: Machine = thisMachine()): Promise<Diagnosis> {
  const pkg = findNativePackage(resolve(directory), machine.napi);
  const setUp = pkg !== null && wasSetUp(pkg);
  const outcome = setUp ? await probe(pkg, machine) : null;
  const works = outcome?.works === true;
  const stamp = pkg && readStamp(pkg);
  // Things that only the set-up needs may be missing once the engine runs.
  const neededForSetup = works ? 'note' : 'broken';

  const findings: Finding[] = [
    finding('Node.js', `${process.versions.node}, Node-API ${machine.napi}`),
    await attempt('platform', neededForSetup, () => {
      const build = buildFor(machine, 'cpu');
      return `${machine.os} ${machine.arch}${machine.glibc ? `, glibc ${machine.glibc}` : ''}: ${build.id} fits`;
    }),
    await attempt('Python', neededForSetup, async () => {
      const python = await findPython(machine);
      return `${python.version} with pip ${python.pip} (${python.command})`;
    }),
    await attempt('C++ compiler', neededForSetup, async () => {
      const compiler = await findCompiler(machine);
      return `${compiler.version} (${compiler.command})`;
    }),
    finding('cache', machine.cache),
    pkg
      ? finding('package', `${pkg.name} ${pkg.version} in ${pkg.folder}`)
      : note('package', 'neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed'),
  ];
  if (setUp) {
    findings.push(
      stamp
        ? finding(
            'library',
            `libtensorflow ${stamp.version}, built for ${stamp.flavour === 'cuda' ? 'CUDA' : 'the CPU'}`,
          )
        : works
          ? note('library', 'not set up by tfjs-hessian; left as it is')
          : broken('library', 'libtensorflow or the addon is missing', setupCommand),
    );
  }
  findings.push(
    ...gpuFindings({
      machine,
      flavour: stamp?.flavour ?? null,
      isUsed: outcome?.works === true && outcome.gpu,
      complaint: outcome?.works ? outcome.gpuComplaint : null,
    }),
  );
  findings.push(
    outcome === null
      ? note('engine', 'not set up yet', setupCommand)
      : outcome.works
        ? finding('engine', `libtensorflow ${outcome.library} computes on the ${outcome.gpu ? 'GPU' : 'CPU'}`)
        : broken('engine', outcome.reason, setupCommand),
  );
  return {works, setUp, device: outcome?.works ? (outcome.gpu ? 'gpu' : 'cpu') : null, findings};
}

const setupCommand = 'Run `npx tfjs-hessian setup`.';

async function attempt(
  name: string,
  status: Finding['status'],
  look: () => string | Promise<string>,
): Promise<Finding> {
  try {
    return finding(name, await look());
  } catch (error) {
    if (!(error instanceof EngineSetupError)) throw error;
    return {name, status, found: 'missing', fix: error.message};
  }
}
