import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {hessian} from '../src/operators/hessian.js';
import {useEngine} from '../test/engines.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames, relativeError} from '../test/references.js';

// Measures H v of every reference on every engine, for FEATURES.md: `npx tsx scripts/engine-results.ts [engine …]`, then
// `npx tsx scripts/features.ts`. In Chromium, with software rendering, an engine takes about ten minutes.

const FILE = fileURLToPath(new URL('../test/reference/engine-results.json', import.meta.url));

/** By engine and reference: `exact`, or what happens instead. */
type Results = Record<string, Record<string, string>>;

const inNode = ['native', 'cpu', 'wasm'] as const;
const inBrowser = ['webgl', 'webgpu'] as const;

/** The tests' tolerances: WebAssembly adds up longer rows of numbers. */
const toleranceOn = (engine: string) => (engine === 'wasm' ? 5e-6 : 1e-6);

async function measureInNode(engine: (typeof inNode)[number]): Promise<Record<string, string>> {
  await useEngine(engine);
  const results: Record<string, string> = {};
  for (const name of referenceNames) results[name] = await measure(name, toleranceOn(engine));
  return results;
}

async function measure(name: string, tolerance: number): Promise<string> {
  try {
    const reference = readReference(name);
    const H = await hessian(await loadReferenceModel(name, reference), referenceBatch(reference));
    const product = await H.matvec(tf.tensor1d(reference.hvp.vector)).data();
    H.dispose();
    const error = relativeError(product, reference.hvp.product);
    return error < tolerance ? 'exact' : `off by ${error.toPrecision(1)}`;
  } catch (error) {
    return failure((error as Error).message);
  }
}

function failure(message: string): string {
  const [, missing] = /has no kernel "(\w+)"/.exec(message) ?? [];
  if (missing !== undefined) return `no \`${missing}\``;
  const [, refused] = /kernel "(\w+)"/.exec(message) ?? [];
  return refused === undefined ? message.split('\n')[0]!.slice(0, 80) : `refuses \`${refused}\``;
}

interface Report {
  readonly testResults: {
    readonly assertionResults: {readonly title: string; readonly status: string; readonly failureMessages: string[]}[];
  }[];
}

/** The browser's own test of products, on all references. */
function measureInBrowser(engine: (typeof inBrowser)[number]): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-results-'));
  try {
    const report = join(folder, 'report.json');
    const args = ['--project', 'browser', 'test/browser/references.test.ts', '-t', `on ${engine} the Hessian of`];
    spawnSync('npx', ['vitest', 'run', ...args, '--reporter=json', `--outputFile=${report}`], {
      stdio: 'inherit',
      env: {...process.env, VITE_ALL_REFERENCES: '1'},
    });
    const {testResults} = JSON.parse(readFileSync(report, 'utf8')) as Report;
    return Object.fromEntries(
      testResults.flatMap(({assertionResults}) =>
        assertionResults.flatMap(({title, status, failureMessages}) => {
          const [, name] = /^the Hessian of (\w+)/.exec(title) ?? [];
          if (name === undefined || !['passed', 'failed'].includes(status)) return [];
          return [[name, status === 'passed' ? 'exact' : failure(failureMessages[0] ?? '')]];
        }),
      ),
    );
  } finally {
    rmSync(folder, {recursive: true});
  }
}

const wanted = process.argv.slice(2);
const isWanted = (engine: string) => wanted.length === 0 || wanted.includes(engine);
const results = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : {};
for (const engine of inNode) if (isWanted(engine)) results[engine] = await measureInNode(engine);
for (const engine of inBrowser) if (isWanted(engine)) results[engine] = measureInBrowser(engine);
writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
process.exit(0);
