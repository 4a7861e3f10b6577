import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {Diagnosis} from '../../src/engine/doctor.js';
import {thisMachine} from '../../src/engine/machine/machine.js';
import {findNativePackage} from '../../src/engine/packages/native-package.js';
import {probe} from '../../src/engine/probe.js';
import {copyNativePackage, linkDependencies} from '../engine/local-registry.js';
import {commandLine, type RunOptions, repository, runSource} from '../engine/run-source.js';
import {needs, noEngine} from '../needs.js';

const tfjsHessian = (args: string[], options: RunOptions = {cwd: repository}) =>
  runSource([commandLine, ...args], options);

describe('the command line', () => {
  it('lists its commands and shows examples', async () => {
    const {code, stdout} = await tfjsHessian(['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/setup .*doctor .*Examples:\n {2}\$ npx tfjs-hessian setup/s);
  });

  it.each(['setup', 'doctor'])('shows examples of %s', async command => {
    const {code, stdout} = await tfjsHessian([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\\n  \\$ npx tfjs-hessian ${command}`));
  });

  it('prints the version of its package', async () => {
    expect((await tfjsHessian(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  it.each([
    [['dotcor'], /unknown command 'dotcor' \(Did you mean doctor\?\)/],
    [['setup', '--gpu'], /unknown option '--gpu'/],
    [['setup', '--cuda', '--cpu'], /'--cuda' cannot be used with option '--cpu'/],
    [['setup', '--package', 'tfjs'], /Allowed choices are @tensorflow\/tfjs-node-gpu, @tensorflow\/tfjs-node/],
    [['demo', '--epochs', '0'], /argument '0' is invalid\. It must be a whole number of at least 1/],
    [['report', 'model.json'], /required option '--data <file>' not specified/],
    [['export', 'run.ndjson'], /missing required argument 'file'/],
    [['export', 'run.ndjson', 'run.xlsx'], /run\.xlsx: the file to write must end in \.csv, \.parquet or \.tfevents/],
    [['report', 'model.json', '--data', 'd.csv', '--out', 'r.pdf'], /--out r\.pdf: a report ends in/],
    [['report', '--checkpoints', 'm', '--data', 'd.csv', '--redis', 'here'], /--redis is not a URL; it must be a URL/],
    [['advise', 'run.ndjson', '--classes', '1'], /It must be a whole number of at least 2/],
    [['watch', 'run.ndjson', '--token', 'short'], /--token is "short"; it must be a text of 16 to 128 letters/],
    [['watch', 'run.ndjson', '--compare', 'run.ndjson'], /run\.ndjson cannot be compared with itself/],
    [['worker', '--redis', 'redis://here', '--queue', 'a:b'], /--queue is "a:b"; it must be/],
    [['worker', '--redis', 'http://here'], /--redis begins with "http:\/\/"; it must be a URL/],
    [
      ['worker'],
      /--redis is not given; it must be a URL, 'redis:\/\/host:6379' \('rediss:\/\/…' with TLS\), or the variable TFJS_HESSIAN_REDIS has the URL\. --help/,
    ],
  ])('refuses %j in one line that says what to do, with exit code 2', async (args, message) => {
    const {code, stdout, stderr} = await tfjsHessian(args, {cwd: repository, environment: {TFJS_HESSIAN_REDIS: ''}});
    expect({code, stdout}).toEqual({code: 2, stdout: ''});
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^tfjs-hessian: .*\. --help shows what there is\.\n$/);
  });

  it('shows its help and exits with 2 without a command', async () => {
    const {code, stdout, stderr} = await tfjsHessian([]);
    expect({code, stdout}).toEqual({code: 2, stdout: ''});
    expect(stderr).toMatch(/^Usage: tfjs-hessian/);
  });

  it('shows a stack trace on request', async () => {
    const args = ['report', 'none.json', '--data', 'none.csv'];
    const [plain, asked] = await Promise.all([
      tfjsHessian(args),
      tfjsHessian(args, {cwd: repository, environment: {TFJS_HESSIAN_DEBUG: '1'}}),
    ]);
    expect([plain.code, asked.code]).toEqual([1, 1]);
    expect(plain.stderr).toMatch(/^tfjs-hessian: none\.json does not exist; name a model\.json\.\n$/);
    expect(asked.stderr).toMatch(/none\.json does not exist.*\n\s+at .*disk-model\.ts/s);
  });
});

describe('in a project whose native engine is not built', () => {
  let project: string;
  let options: RunOptions;

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'tfjs-hessian-'));
    copyNativePackage(join(project, 'node_modules/@tensorflow/tfjs-node-gpu'), '@tensorflow/tfjs-node-gpu');
    linkDependencies(project);
    mkdirSync(join(project, 'bin'));
    const environment = {
      PATH: join(project, 'bin'),
      PYTHON: undefined,
      CXX: undefined,
      TFJS_HESSIAN_CACHE: join(project, 'cache'),
    };
    options = {cwd: project, environment};
  });
  afterEach(() => rmSync(project, {recursive: true}));

  /** A folder with a Python with pip and a compiler that answer the doctor. */
  const withTools = (): string => {
    const answers = {python3: 'pip 23.0 from here (python 3.11)', 'c++': 'c++ 12'};
    for (const [name, answer] of Object.entries(answers)) {
      writeFileSync(join(project, 'bin', name), `#!/bin/sh\necho '${answer}'\n`, {mode: 0o755});
    }
    return join(project, 'bin');
  };

  it('setup prints in one line on standard error what is missing and how to get it, and exits with 1', async () => {
    const {code, stderr} = await tfjsHessian(['setup', '--cpu'], options);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tfjs-hessian: Python 3 with pip 20 or newer is needed .*`apt install python3-pip`.*\n$/);
  });

  it('setup names the cache and how to move it if it cannot write there', async () => {
    writeFileSync(join(project, 'file'), '');
    const environment = {...options.environment, TFJS_HESSIAN_CACHE: join(project, 'file', 'cache')};
    const {code, stderr} = await tfjsHessian(['setup', '--cpu'], {cwd: project, environment});
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tfjs-hessian: The set-up could not write a file \(ENOTDIR.*\)\..*TFJS_HESSIAN_CACHE.*\n$/);
  });

  const notSetUp =
    /– engine +not set up yet\n +Run `npx tfjs-hessian setup`\.\nThe native engine is not set up yet: run `npx tfjs-hessian setup`\.\n$/;

  it('doctor reports that the engine is not set up and what the set-up lacks, and exits with 1', async () => {
    const {code, stdout, stderr} = await tfjsHessian(['doctor'], options);
    expect({code, stderr}).toEqual({code: 1, stderr: ''});
    expect(stdout).toMatch(notSetUp);
    // There are no commands here.
    expect(stdout.match(/^✗.*/gm)).toEqual([
      expect.stringMatching(/✗ Python +missing/),
      expect.stringMatching(/✗ C\+\+ compiler +missing/),
    ]);
  });

  it('doctor reports no fault before the set-up if the set-up has what it needs', async () => {
    const {code, stdout} = await tfjsHessian(['doctor'], {cwd: project, environment: {PATH: withTools()}});
    expect(code).toBe(1);
    expect(stdout).toMatch(notSetUp);
    expect(stdout).not.toContain('✗');
    rmSync(join(project, 'node_modules/@tensorflow/tfjs-node-gpu'), {recursive: true});
    const without = await tfjsHessian(['doctor'], {cwd: project, environment: {PATH: withTools()}});
    expect(without.stdout).toMatch(/– package +neither .* is installed\n/);
    expect(without.stdout).toMatch(notSetUp);
    expect(without.stdout).not.toContain('✗');
  });

  it('doctor reports what is broken after files of the set-up were deleted', async () => {
    const deps = join(project, 'node_modules/@tensorflow/tfjs-node-gpu/deps');
    mkdirSync(deps);
    writeFileSync(join(deps, 'tfjs-hessian.json'), '{}');
    const {code, stdout} = await tfjsHessian(['doctor'], options);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ library .*✗ engine .*npx tfjs-hessian setup.*\nThe native engine does not work\.\n$/s);
  });

  it('doctor --json prints the same as data', async () => {
    const {code, stdout} = await tfjsHessian(['doctor', '--json'], options);
    expect(code).toBe(1);
    const diagnosis = JSON.parse(stdout) as Diagnosis;
    expect(diagnosis).toMatchObject({works: false, setUp: false, device: null});
    expect(diagnosis.findings.find(({name}) => name === 'engine')).toMatchObject({
      status: 'note',
      fix: 'Run `npx tfjs-hessian setup`.',
    });
  });
});

const pkg = findNativePackage(repository, thisMachine().napi);
const works = pkg !== null && (await probe(pkg, thisMachine())).works;

describe('in a project whose native engine works', needs(works, noEngine), () => {
  it('doctor exits with 0 and names the library, even if nothing could be built', async () => {
    const environment = {PATH: '/nonexistent', PYTHON: undefined, CXX: undefined};
    const {code, stdout} = await tfjsHessian(['doctor'], {cwd: repository, environment});
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /– Python .*✓ engine .*libtensorflow \S+ computes on the (CPU|GPU).*The native engine works\.\n$/s,
    );
  });

  it('setup prints in one line that there is nothing to do', async () => {
    const {code, stdout, stderr} = await tfjsHessian(['setup']);
    expect({code, stderr}).toEqual({code: 0, stderr: ''});
    expect(stdout).toMatch(/^@tensorflow\/tfjs-node-gpu 4\.22\.0 on libtensorflow \S+ is ready\.\n$/);
  });

  it('setup --json prints the result as data, and its line on standard error', async () => {
    const {code, stdout, stderr} = await tfjsHessian(['setup', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({package: '@tensorflow/tfjs-node-gpu', changed: false});
    expect(stderr).toMatch(/ is ready\.\n$/);
  });
});
