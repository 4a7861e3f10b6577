import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as esbuild from 'esbuild';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {packageFolder, repository} from '../engine/run-source.js';
import {readReference} from '../references.js';
import {codeBlocks} from '../run-markdown.js';
import {installPacked, sizeOf} from './install.js';

const peers = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', 'rxjs'];
const backend = '@tensorflow/tfjs-backend-cpu';

/** The README's first block: a complete program. */
const [program] = codeBlocks(readFileSync(join(repository, 'README.md'), 'utf8'));

/** The quick start's programs for Node, each with the name and the command that the page gives it. */
const quickStart = readFileSync(join(repository, 'docs/quick-start.md'), 'utf8');
const savedAs = /^Save as `([^`]+)`, run `(npx tsx|node) \1`:\n\n```[jt]s\n(.*?)^```$/gms;
const saved = [...quickStart.matchAll(savedAs)].map(([, name, command, code]) => ({name: name!, command, code: code!}));

describe('The package, installed into an empty folder', () => {
  let folder = '';
  beforeAll(() => {
    folder = installPacked([...peers, backend]);
  }, 300_000);
  afterAll(() => folder && rmSync(folder, {recursive: true, force: true}));

  it('takes less than 6 MB with all that it depends on, beside its peers', () => {
    const packages = readdirSync(join(folder, 'node_modules'))
      .filter(name => !name.startsWith('.'))
      .map(name => ({name, kilobytes: Math.round(sizeOf(join(folder, 'node_modules', name)) / 1000)}));
    const total = packages.reduce((sum, {kilobytes}) => sum + kilobytes, 0);
    expect(total, JSON.stringify(packages)).toBeLessThan(6000);
  });

  it('runs the README’s first block as pasted, on TensorFlow.js in plain JavaScript', () => {
    writeFileSync(join(folder, 'first.mjs'), program!);
    const {status, stdout, stderr} = spawnSync(process.execPath, ['first.mjs'], {cwd: folder, encoding: 'utf8'});
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/^tfjs-hessian: computing on plain JavaScript, .* run `npx tfjs-hessian setup`\.\n$/);
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S+$/m);
    for (const block of ['network', 'first', 'middle', 'last']) {
      expect(stdout.match(new RegExp(`^\\d ${block} \\S+ ± \\S+$`, 'gm')), block).toHaveLength(10);
    }
  });

  it('finds both programs for Node in the quick start', () => {
    expect(saved.map(({command}) => command)).toEqual(['npx tsx', 'node']);
  });

  it.each(saved)(
    'runs the quick start’s $name in a project of CommonJS, as npm init makes it',
    ({name, command, code}) => {
      const project = join(folder, 'commonjs');
      mkdirSync(project, {recursive: true});
      writeFileSync(join(project, 'package.json'), '{"type": "commonjs"}\n');
      writeFileSync(join(project, name), code);
      const run = command === 'node' ? [name] : [join(packageFolder('tsx'), 'dist', 'cli.mjs'), name];
      const {status, stdout, stderr} = spawnSync(process.execPath, run, {cwd: project, encoding: 'utf8'});
      expect(status, stderr).toBe(0);
      expect(stdout.match(/^2 (network|first|last) \S+ ± \S+$/gm)).toHaveLength(3);
    },
  );

  it.each([
    ['bundler', 'esnext'],
    ['nodenext', 'nodenext'],
  ])('has types for the README’s first block with moduleResolution %s', (moduleResolution, module) => {
    writeFileSync(join(folder, 'first.ts'), program!);
    const compilerOptions = {
      ...{module, moduleResolution, target: 'es2022', lib: ['es2023', 'dom'], types: [], strict: true, noEmit: true},
      // The types of TensorFlow.js do not pass the check themselves.
      skipLibCheck: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions, files: ['first.ts']}));
    const compiler = join(packageFolder('typescript'), 'bin', 'tsc');
    const {status, stdout} = spawnSync(process.execPath, [compiler], {cwd: folder, encoding: 'utf8'});
    expect(status, stdout).toBe(0);
  });

  it('has the same functions, error classes and rules behind all its subpaths', () => {
    writeFileSync(
      join(folder, 'subpaths.mjs'),
      `import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as index from 'tfjs-hessian';
import * as estimators from 'tfjs-hessian/estimators';
import {loadKerasModel} from 'tfjs-hessian/keras';
import * as metrics from 'tfjs-hessian/metrics';
import * as rules from 'tfjs-hessian/rules';

const shared = [estimators, metrics, rules].flatMap(module => Object.entries(module).filter(([name]) => name in index));
const refused = await estimators.trace({}).catch(error => error);
const notFound = await loadKerasModel('nowhere.json').catch(error => error);
// A wrong rule: it is found out where the Hessian uses it.
rules.registerTangentRule('Square', rules.elementwise(x => tf.mul(x, 6)));
const w = tf.variable(tf.tensor1d([1]));
const wrong = await index.hessian(() => tf.sum(tf.square(w)), [w]).catch(error => error);
console.log(JSON.stringify({
  shared: shared.length,
  different: shared.filter(([name, value]) => index[name] !== value).map(([name]) => name),
  refused: [refused, notFound].every(error => error instanceof index.InvalidArgumentError),
  wrong: wrong instanceof index.NotAHessianError,
}));
`,
    );
    const {status, stdout, stderr} = spawnSync(process.execPath, ['subpaths.mjs'], {cwd: folder, encoding: 'utf8'});
    expect(status, stderr).toBe(0);
    const {shared, ...found} = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
    expect(shared).toBeGreaterThan(15);
    expect(found).toEqual({different: [], refused: true, wrong: true});
  });

  it.each(['index', 'estimators', 'keras', 'metrics', 'rules'])(
    'imports only its peers in %s.js, for browsers',
    async name => {
      const {metafile} = await esbuild.build({
        absWorkingDir: folder,
        entryPoints: [`node_modules/tfjs-hessian/dist/${name}.js`],
        bundle: true,
        platform: 'neutral',
        packages: 'external',
        write: false,
        metafile: true,
        outdir: 'unused',
        logLevel: 'silent',
      });
      // All that is imported, required or loaded at run time, by any file that can be reached.
      const imports = Object.values(metafile.inputs).flatMap(file => file.imports);
      const external = imports.flatMap(({external, path}) => (external ? [path] : []));
      expect([...new Set(external)].filter(path => !peers.includes(path))).toEqual([]);
    },
  );

  it('reports on a saved model with the bundled packages', () => {
    const {x, y, losses} = readReference('mlp_tanh');
    const names = (array: {shape: number[]}, name: string) => Array.from({length: array.shape[1]!}, (_, i) => name + i);
    const row = ({shape, data}: {shape: number[]; data: number[]}, i: number) =>
      data.slice(i * shape[1]!, (i + 1) * shape[1]!);
    const lines = Array.from({length: x[0]!.shape[0]!}, (_, i) => [...row(x[0]!, i), ...row(y[0]!, i)].join());
    const header = [...names(x[0]!, 'x'), ...names(y[0]!, 'y')].join();
    writeFileSync(join(folder, 'data.csv'), [header, ...lines, ''].join('\n'));
    const saved = join(repository, 'test/reference/mlp_tanh/model.json');
    const args = ['report', saved, '--data', 'data.csv', '--loss', losses[0]!, '--out', 'report.html'];
    const cli = join('node_modules', 'tfjs-hessian', 'dist', 'cli.js');
    const {status, stderr} = spawnSync(process.execPath, [cli, ...args], {cwd: folder, encoding: 'utf8'});
    expect(status, stderr).toBe(0);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toMatch(/<svg.*whole network.*<table/s);
  });
});
