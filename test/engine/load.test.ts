import {execFileSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {loadTensorFlow} from '../../src/engine/load.js';
import {thisMachine} from '../../src/engine/machine/machine.js';
import {findNativePackage} from '../../src/engine/packages/native-package.js';
import {probe} from '../../src/engine/probe.js';
import {InvalidArgumentError} from '../../src/errors.js';
import {needs, noEngine} from '../needs.js';
import {copyNativePackage, linkDependencies} from './local-registry.js';
import {packageFolder, type RunOptions, repository, runSource} from './run-source.js';

interface Printed {
  readonly engine: Record<string, unknown>;
  readonly active: string;
  readonly prediction: number;
  readonly sameCopies: boolean;
}

const script = join(repository, 'test/engine/print-engine.ts');
const printEngine = async (
  source: string,
  prefer: string,
  options: RunOptions,
): Promise<{printed: Printed | null; stderr: string}> => {
  const {stdout, stderr} = await runSource([script, source, prefer], options);
  const line = stdout.trim().split('\n').at(-1);
  return {printed: line ? (JSON.parse(line) as Printed) : null, stderr};
};

const pkg = findNativePackage(repository, thisMachine().napi);
const native = pkg !== null && (await probe(pkg, thisMachine())).works;
const source = join(repository, 'src');

describe('loadTensorFlow with the native engine', needs(native, noEngine), () => {
  it('loads the same copies of core and layers as `import`, and prints nothing to standard error', async () => {
    const {printed, stderr} = await printEngine(source, '', {cwd: repository});
    expect(stderr).toBe('');
    expect(printed).toMatchObject({active: 'tensorflow', prediction: 3, sameCopies: true});
    expect(printed?.engine).toMatchObject({backend: 'tensorflow', package: pkg?.name, insteadOf: null});
  });

  const newer = nodeRelease('24.21.0');
  it(
    'runs under Node 24, which lacks functions that the package calls',
    needs(newer, 'npm cannot fetch Node 24.'),
    async () => {
      const node = newer!;
      expect(execFileSync(node, ['-p', 'typeof util.isNullOrUndefined'], {encoding: 'utf8'}).trim()).toBe('undefined');
      const {printed} = await printEngine(source, '', {cwd: repository, node});
      expect(printed).toMatchObject({active: 'tensorflow', prediction: 3, sameCopies: true});
    },
  );

  it('says in one line that no GPU is used if one was requested', async () => {
    const environment = {CUDA_VISIBLE_DEVICES: '-1', TF_CPP_MIN_LOG_LEVEL: '3'};
    const {printed, stderr} = await printEngine(source, 'gpu', {cwd: repository, environment});
    expect(printed?.engine).toMatchObject({name: 'native', insteadOf: 'libtensorflow found no GPU'});
    expect(stderr).toMatch(/^tfjs-hessian: computing on libtensorflow's CPU, .*`npx tfjs-hessian setup --cuda`\.\n$/);
  });
});

describe('loadTensorFlow in a project without the native engine', () => {
  let project: string;

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'tfjs-hessian-'));
    mkdirSync(join(project, 'node_modules/@tensorflow'), {recursive: true});
    symlinkSync(join(repository, 'node_modules/valibot'), join(project, 'node_modules/valibot'));
    for (const path of ['arguments', 'engine', 'tfjs-internals', 'errors.ts', 'node.ts', 'processes.ts'])
      cpSync(join(source, path), join(project, 'src', path), {recursive: true});
  });
  afterEach(() => rmSync(project, {recursive: true}));

  const add = (...names: string[]): void => {
    for (const name of names) {
      symlinkSync(packageFolder(`@tensorflow/${name}`), join(project, 'node_modules/@tensorflow', name));
    }
  };
  const load = (prefer = '') => printEngine(join(project, 'src'), prefer, {cwd: project});

  it('falls back to WebAssembly, and says in one line why and what to do', async () => {
    add('tfjs-core', 'tfjs-layers', 'tfjs-backend-wasm', 'tfjs-backend-cpu');
    const {printed, stderr} = await load();
    expect(printed).toMatchObject({active: 'wasm', prediction: 3, sameCopies: true});
    expect(printed?.engine).toMatchObject({name: 'wasm', package: '@tensorflow/tfjs-backend-wasm', library: null});
    expect(stderr).toMatch(
      /^tfjs-hessian: computing on WebAssembly.*neither @tensorflow\/tfjs-node-gpu nor @tensorflow\/tfjs-node is installed.*`npx tfjs-hessian setup`\.\n$/,
    );
  });

  it('falls back to plain JavaScript if there is no WebAssembly, with one line', async () => {
    add('tfjs-core', 'tfjs-layers', 'tfjs-backend-cpu');
    const {printed, stderr} = await load();
    expect(printed).toMatchObject({active: 'cpu', prediction: 3, sameCopies: true});
    expect(stderr).toMatch(/^tfjs-hessian: computing on plain JavaScript.*tfjs-backend-wasm is not installed.*\n$/);
  });

  it('prints nothing if it loads the requested engine', async () => {
    add('tfjs-core', 'tfjs-layers', 'tfjs-backend-wasm', 'tfjs-backend-cpu');
    for (const prefer of ['wasm', 'cpu']) {
      const {printed, stderr} = await load(prefer);
      expect(printed).toMatchObject({active: prefer, engine: {name: prefer, insteadOf: null}});
      expect(stderr).toBe('');
    }
  });

  it('gives the reason if the native package has no addon', async () => {
    add('tfjs-core', 'tfjs-layers', 'tfjs-backend-cpu');
    copyNativePackage(join(project, 'node_modules/@tensorflow/tfjs-node-gpu'), '@tensorflow/tfjs-node-gpu');
    linkDependencies(project);
    const {printed, stderr} = await load();
    expect(printed).toMatchObject({active: 'cpu', prediction: 3});
    expect(stderr).toMatch(
      /because @tensorflow\/tfjs-node-gpu does not load \(The Node\.js native addon module .* can not be found/,
    );
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('refuses a second copy of tfjs-layers, since ours would not recognize its models', async () => {
    add('tfjs-core', 'tfjs-backend-cpu');
    cpSync(packageFolder('@tensorflow/tfjs-layers'), join(project, 'node_modules/@tensorflow/tfjs-layers'), {
      recursive: true,
    });
    // Ours are the repository's: the project's copy is another.
    const {printed, stderr} = await printEngine(source, 'cpu', {cwd: project});
    expect(printed).toBeNull();
    expect(stderr).toMatch(/There are two copies of @tensorflow\/tfjs-layers: version 4\.22\.0 in .*npm dedupe/);
  });

  it('says what to install if there is no TensorFlow.js', async () => {
    const {printed, stderr} = await load();
    expect(printed).toBeNull();
    expect(stderr).toMatch(/TensorFlow\.js cannot be loaded: .*not installed.*npx tfjs-hessian setup/);
  });
});

describe('loadTensorFlow', () => {
  it('refuses an unknown engine and lists the known ones', async () => {
    // @ts-expect-error: what JavaScript callers may write.
    const attempt = loadTensorFlow({prefer: 'webgl'});
    await expect(attempt).rejects.toThrow(InvalidArgumentError);
    await expect(attempt).rejects.toThrow('"webgl" is not an engine; choose one of gpu, native, wasm, cpu');
  });
});

/**
 * The Node binary of a release, fetched from npm once and kept. It is no dependency of package.json, since npm would put it first
 * on the path of every script there.
 */
function nodeRelease(version: string): string | null {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(repository, 'out', `node-${version}`);
  const node = join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(node)) return node;
  try {
    mkdirSync(folder, {recursive: true});
    execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', `${name}@${version}`], {
      stdio: 'pipe',
    });
    return existsSync(node) ? node : null;
  } catch {
    return null;
  }
}
