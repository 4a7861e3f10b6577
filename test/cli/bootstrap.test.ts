import {execFileSync, spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {chromiumPath} from '../chromium.js';
import {repository} from '../engine/run-source.js';
import {needs, noEngine} from '../needs.js';

// A small clone: our script and sources, one dependency from a local archive instead of ours, and our tsx to run the set-up.
describe('bootstrap', () => {
  let clone: string;
  let environment: NodeJS.ProcessEnv = {};

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'tfjs-hessian-'));
    for (const path of [
      'scripts',
      'src/cli',
      'src/engine',
      'src/arguments',
      'src/tfjs-internals',
      'src/errors.ts',
      'src/package-version.ts',
      'src/processes.ts',
      'test/chromium.ts',
    ]) {
      cpSync(join(repository, path), join(clone, path), {recursive: true});
    }
    pull('1.0.0');
  });
  afterEach(() => rmSync(clone, {recursive: true}));

  const npm = (cwd: string, ...args: string[]): void => {
    execFileSync('npm', [...args, '--offline', '--ignore-scripts'], {cwd, stdio: 'pipe'});
  };
  /** Like a `git pull`: package.json and its lock file change, node_modules does not. */
  const pull = (version: string): void => {
    const upstream = join(clone, 'upstream');
    mkdirSync(join(upstream, 'dependency'), {recursive: true});
    writeFileSync(join(upstream, 'dependency/package.json'), JSON.stringify({name: 'dependency', version}));
    npm(upstream, 'pack', './dependency');
    const dependencies = {dependency: `file:dependency-${version}.tgz`};
    const manifest = {name: 'clone', version: '1.0.0', type: 'module', dependencies};
    writeFileSync(join(upstream, 'package.json'), JSON.stringify(manifest));
    npm(upstream, 'install', '--package-lock-only');
    for (const file of ['package.json', 'package-lock.json', `dependency-${version}.tgz`]) {
      cpSync(join(upstream, file), join(clone, file));
    }
  };
  /** Runs the script without Python and without a compiler. */
  const bootstrap = (...args: string[]) => {
    mkdirSync(join(clone, 'bin'), {recursive: true});
    for (const command of ['npm', 'node']) {
      if (!existsSync(join(clone, 'bin', command)))
        symlinkSync(join(dirname(process.execPath), command), join(clone, 'bin', command));
    }
    const {CI: _, PYTHON: __, CXX: ___, ...rest} = process.env;
    const env = {
      ...rest,
      PATH: join(clone, 'bin'),
      TFJS_HESSIAN_CACHE: join(clone, 'cache'),
      npm_config_offline: 'true',
      ...environment,
    };
    const {status, stdout, stderr} = spawnSync(process.execPath, ['scripts/bootstrap.mjs', ...args], {
      cwd: clone,
      env,
      encoding: 'utf8',
    });
    return {status, stdout, stderr};
  };
  /** Links packages of our node_modules that the lock file of the small clone does not have. */
  const borrowTools = (): void => {
    for (const name of [
      'tsx',
      'esbuild',
      '@esbuild',
      'get-tsconfig',
      'resolve-pkg-maps',
      'commander',
      'cli-progress',
      'string-width',
      'strip-ansi',
      'ansi-regex',
      'emoji-regex',
      'is-fullwidth-code-point',
      '@tensorflow',
      '@mapbox',
      'playwright',
      'valibot',
      'playwright-core',
    ]) {
      const path = join(repository, 'node_modules', name);
      if (existsSync(path)) symlinkSync(path, join(clone, 'node_modules', name));
    }
  };

  it('installs the packages of a fresh clone, and again when the lock file changes', () => {
    expect(bootstrap().stdout).toContain('Packages are not installed: running `npm ci`');
    expect(existsSync(join(clone, 'node_modules/dependency'))).toBe(true);
    expect(bootstrap().stdout).not.toContain('npm');

    pull('1.1.0');
    expect(bootstrap().stdout).toContain('node_modules/dependency is not at 1.1.0: running `npm install`');
    expect(bootstrap().stdout).not.toContain('npm');
  });

  it('continues without an engine that cannot be built, unless it is required', () => {
    npm(clone, 'ci');
    borrowTools();
    rmSync(join(clone, 'node_modules/@tensorflow'));
    const optional = bootstrap('--cpu');
    expect(optional.stderr).toMatch(
      /^tfjs-hessian: Python 3 with pip .* is needed.*apt install.*\nGoing on without the native engine/,
    );
    expect(optional.status).toBe(0);

    const required = bootstrap('--require-engine');
    expect(required.stderr).toMatch(/^tfjs-hessian: Python 3 with pip .* is needed.*apt install.*\n$/);
    expect(required.status).toBe(1);
  });

  const stamp = join(repository, 'node_modules/@tensorflow/tfjs-node-gpu/deps/tfjs-hessian.json');
  it('prints nothing when the packages and the engine are there', needs(existsSync(stamp), noEngine), () => {
    npm(clone, 'ci');
    borrowTools();
    expect(bootstrap()).toEqual({status: 0, stdout: '', stderr: ''});
  });

  describe('with --browser', () => {
    const record = () => readFileSync(join(clone, 'node_modules/.cache/tfjs-hessian/chromium.json'), 'utf8');
    /** Sets the only places in which browsers are searched. */
    const lookIn = (...places: string[]) => {
      const finder = join(clone, 'test/chromium.ts');
      const list = `const places: string[] = ${JSON.stringify(places)};`;
      writeFileSync(finder, readFileSync(finder, 'utf8').replace(/const places = \[.*?\];/s, list));
    };
    beforeEach(() => {
      npm(clone, 'ci');
      borrowTools();
      environment = {
        CHROME_PATH: '',
        PLAYWRIGHT_BROWSERS_PATH: join(clone, 'browsers'),
        PLAYWRIGHT_DOWNLOAD_HOST: 'http://127.0.0.1:9',
      };
    });
    afterEach(() => {
      environment = {};
    });

    it('prints what it tried if there is none, and continues', {timeout: 120_000}, () => {
      lookIn();
      const {status, stdout, stderr} = bootstrap('--browser');
      expect(stdout.match(/^The tests need a browser: .*$/gm)).toEqual([
        'The tests need a browser: trying `npx playwright install chromium` …',
        'The tests need a browser: trying the Chromium of an npm package …',
      ]);
      expect(stderr).toMatch(
        /^No browser for the tests:\n {2}`npx playwright install chromium`: .*ECONNREFUSED.*\n {2}the Chromium of an npm package: .+\n$/,
      );
      expect(status).toBe(0);
      expect(JSON.parse(record())).toEqual({path: null});
    });

    it('refuses a CHROME_PATH that does not exist or is not a browser', () => {
      environment = {CHROME_PATH: join(clone, 'none')};
      expect(bootstrap('--browser')).toMatchObject({
        status: 1,
        stderr: `CHROME_PATH is "${join(clone, 'none')}", which does not exist.\n`,
      });
      environment = {CHROME_PATH: process.execPath};
      expect(bootstrap('--browser')).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^CHROME_PATH is ".*", which does not start: .*\n$/),
      });
    });

    it('remembers the browser that starts, and has nothing to do the second time', {tags: 'browser'}, () => {
      lookIn(chromiumPath());
      expect(bootstrap('--browser')).toEqual({status: 0, stdout: '', stderr: ''});
      expect(JSON.parse(record())).toEqual({path: chromiumPath()});
      // Without this script, nothing could be run.
      rmSync(join(clone, 'scripts/bring-chromium.ts'));
      expect(bootstrap('--browser')).toEqual({status: 0, stdout: '', stderr: ''});
    });
  });
});
