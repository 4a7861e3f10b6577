import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {cachedLibrary} from '../../src/engine/library/library.js';
import {buildFor, libtensorflow} from '../../src/engine/libtensorflow.js';
import {run} from '../../src/engine/machine/command.js';
import {findCompiler} from '../../src/engine/machine/compiler.js';
import {type Machine, thisMachine} from '../../src/engine/machine/machine.js';
import {findNativePackage} from '../../src/engine/packages/native-package.js';
import {probe} from '../../src/engine/probe.js';
import {setupOn} from '../../src/engine/setup.js';
import {EngineSetupError} from '../../src/errors.js';
import {needs} from '../needs.js';
import {copyNativePackage, type LocalRegistry, startRegistry} from './local-registry.js';
import {commandLine, repository, runSource} from './run-source.js';

const library = await (async () => {
  try {
    return await cachedLibrary(buildFor(thisMachine(), 'cpu'), thisMachine());
  } catch {
    return null;
  }
})();

const compiler = await findCompiler(thisMachine()).catch(() => null);

// The real library, which `npm run setup` leaves in the user's cache; where it could not, there is nothing to build against.
describe('setup', needs(library && compiler, 'libtensorflow is not in the cache, or there is no C++ compiler.'), () => {
  const name = '@tensorflow/tfjs-node';
  let folder: string;
  let registry: LocalRegistry;

  beforeAll(async () => {
    // Inside the repository, so that what the package depends on is found in its node_modules.
    mkdirSync(join(repository, 'out'), {recursive: true});
    folder = mkdtempSync(join(repository, 'out', 'setup-test-'));
    mkdirSync(join(folder, 'registry'));
    registry = await startRegistry(join(folder, 'registry'));
  });
  afterAll(async () => {
    await registry.close();
    rmSync(folder, {recursive: true});
  });

  /** A cache that holds the library and no addon. */
  const freshCache = (cache: string): Machine => {
    mkdirSync(join(folder, cache));
    symlinkSync(library!.folder, join(folder, cache, library!.build.id));
    const environment = {
      ...process.env,
      TFJS_HESSIAN_CACHE: join(folder, cache),
      npm_config_registry: registry.url,
      npm_config_cache: join(folder, 'npm-cache'),
    };
    return {...thisMachine(environment), nvidiaDriver: null};
  };
  const freshProject = (project: string): string => {
    const directory = join(folder, project);
    mkdirSync(directory);
    writeFileSync(join(directory, 'package.json'), JSON.stringify({name: project, version: '1.0.0'}));
    return directory;
  };
  const projectWithPackage = (project: string): string => {
    const directory = freshProject(project);
    copyNativePackage(join(directory, 'node_modules', name), name);
    return directory;
  };
  const setUp = async (directory: string, machine: Machine): Promise<{lines: string; changed: boolean}> => {
    const lines: string[] = [];
    const options = {directory, package: name, say: (line: string) => lines.push(line), progress: false} as const;
    const {changed} = await setupOn(options, machine, libtensorflow);
    return {lines: lines.join('\n'), changed};
  };

  it('adds the package without its install script, builds its addon, and does nothing the second time', async () => {
    const machine = freshCache('cache');
    const directory = freshProject('project');
    const first = await setUp(directory, machine);
    expect(first).toMatchObject({changed: true, lines: expect.stringMatching(/Adding .*Building .* is ready/s)});

    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({dependencies: {[name]: expect.stringContaining('4.22.0')}});
    const pkg = findNativePackage(directory, machine.napi, [name])!;
    expect(pkg).toMatchObject({name, folder: join(directory, 'node_modules', name)});
    expect(await probe(pkg, machine)).toMatchObject({works: true, library: '2.21.0', gpu: false});
    const linked = statSync(join(pkg.folder, 'deps/lib', readdirSync(join(pkg.folder, 'deps/lib'))[0]!));
    expect(linked.ino).toBe(statSync(join(library!.folder, 'lib', readdirSync(join(library!.folder, 'lib'))[0]!)).ino);

    const second = await setUp(directory, machine);
    expect(second).toEqual({changed: false, lines: `${name} 4.22.0 on libtensorflow 2.21.0 is ready.`});
  });

  it('does not change an engine that already works', async () => {
    const machine = freshCache('cache-unused');
    const directory = join(folder, 'project');
    rmSync(join(directory, 'node_modules', name, 'deps/tfjs-hessian.json'));
    expect(await setUp(directory, machine)).toEqual({
      changed: false,
      lines: `${name} 4.22.0 on libtensorflow 2.21.0 is ready.`,
    });
  });

  it('uses the cached addon in a second project, and builds it again if the cached one does not load', async () => {
    const machine = {...freshCache('cache-2')};
    const [addons] = readdirSync(join(folder, 'cache')).filter(entry => entry.startsWith('addon-'));
    symlinkSync(join(folder, 'cache', addons!), join(folder, 'cache-2', addons!));
    const second = await setUp(projectWithPackage('project-2'), machine);
    expect(second.lines).not.toMatch(/Building/);
    expect(second.changed).toBe(true);

    writeFileSync(join(folder, 'cache', addons!, 'tfjs_binding.node'), 'of another system');
    const third = await setUp(projectWithPackage('project-3'), machine);
    expect(third.lines).toMatch(/Building/);
  });

  it('after a kill, two processes that run it again do the remaining work once', async () => {
    const machine = freshCache('cache-4');
    const cwd = projectWithPackage('project-4');
    const run = (killAt?: string) =>
      runSource([commandLine, 'setup', '--cpu', '--package', name], {
        cwd,
        environment: machine.environment,
        ...(killAt && {killAt}),
      });
    expect((await run('Building')).code).toBeNull();
    const drafts = (): string[] => readdirSync(machine.cache).filter(entry => entry.startsWith('draft-'));
    expect(existsSync(join(machine.cache, 'lock'))).toBe(true);

    const both = await Promise.all([run(), run()]);
    expect(both.map(({code, stderr}) => ({code, stderr}))).toEqual([
      {code: 0, stderr: ''},
      {code: 0, stderr: ''},
    ]);
    expect(both.filter(({stdout}) => stdout.includes('Building'))).toHaveLength(1);
    expect(drafts()).toEqual([]);
    expect(existsSync(join(machine.cache, 'lock'))).toBe(false);
    expect(await probe(findNativePackage(cwd, machine.napi, [name])!, machine)).toMatchObject({works: true});
  });

  it('lets `npm ci` succeed in a clone, where the set-up then installs the engine', async () => {
    const {environment, napi, ...machine} = freshCache('cache-clones');
    // Where the package's own script downloads from.
    const refused = {...environment, TFJS_NODE_CDN_STORAGE: 'https://127.0.0.1:9/', npm_config_ignore_scripts: 'false'};
    const project = freshProject('project-clones');
    const clone = (to: string): string => {
      mkdirSync(join(folder, to));
      for (const file of ['package.json', 'package-lock.json'])
        copyFileSync(join(project, file), join(folder, to, file));
      return join(folder, to);
    };
    const npmCi = (cwd: string) => run('npm', ['ci'], {cwd, environment: refused});
    const setUpIn = (cwd: string, ...flags: string[]) =>
      runSource([commandLine, 'setup', '--cpu', ...flags], {cwd, environment: refused});
    const engineOf = (cwd: string) => {
      const pkg = findNativePackage(cwd, napi, [name]);
      return pkg && probe(pkg, {...machine, napi, environment});
    };

    const added = await setUpIn(project, '--package', name);
    expect(added.stdout).toMatch(
      / is ready.*\nIn a clone .*`npm ci` runs .*which fails.*setup --for-clones` changes package.json .*\n$/s,
    );
    expect((await npmCi(clone('clone-that-fails'))).code).not.toBe(0);

    const prepared = await setUpIn(project, '--for-clones');
    expect(prepared).toMatchObject({code: 0, stdout: expect.stringMatching(/ is an optional dependency now\. .*\n$/)});
    expect(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))).toEqual({
      name: 'project-clones',
      version: '1.0.0',
      optionalDependencies: {[name]: expect.stringContaining('4.22.0')},
      allowScripts: {[name]: false},
    });
    expect(await engineOf(project)).toMatchObject({works: true});
    expect((await setUpIn(project, '--for-clones')).stdout).toMatch(/^.* is ready\.\n$/);

    const colleague = clone('clone');
    const before = readFileSync(join(colleague, 'package.json'), 'utf8');
    expect(await npmCi(colleague)).toMatchObject({code: 0});
    expect(await setUpIn(colleague)).toMatchObject({code: 0, stdout: expect.stringMatching(/ is ready: .*\n$/)});
    expect(await engineOf(colleague)).toMatchObject({works: true});
    expect(readFileSync(join(colleague, 'package.json'), 'utf8')).toBe(before);
  });

  it('reports the message of the compiler if it cannot build', async () => {
    const machine = freshCache('cache-5');
    // A compiler that runs and finds no headers.
    const broken = {...machine, environment: {...machine.environment, CXX: 'c++ -nostdinc -nostdinc++'}};
    const attempt = setUp(projectWithPackage('project-5'), broken);
    await expect(attempt).rejects.toThrow(EngineSetupError);
    await expect(attempt).rejects.toThrow(/could not build the addon of .*error: .*No such file.*CXX/);
    expect(readdirSync(machine.cache)).toEqual([library!.build.id]);
  });

  it('reports the message of npm if it cannot add the package, and how to do it by hand', async () => {
    const machine = freshCache('cache-6');
    const offline = {...machine.environment, npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0'};
    const attempt = setUp(freshProject('project-6'), {...machine, environment: offline});
    await expect(attempt).rejects.toThrow(EngineSetupError);
    await expect(attempt).rejects.toThrow(
      /`npm install --ignore-scripts .*@tensorflow\/tfjs-node@4.22.0` did not add .*ECONNREFUSED.*Add it by hand/,
    );
  });
});
