import {cpSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseHTML} from 'linkedom';
import {afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import type {ReportFlags} from '../../../src/cli/report/report-flags.js';
import {reportModel} from '../../../src/cli/report/report-model.js';
import {InvalidArgumentError} from '../../../src/errors.js';
import type {LayerwiseSpectra} from '../../../src/metrics/records.js';
import {commandLine, repository, runSource} from '../../engine/run-source.js';
import {useEngine} from '../../engines.js';
import type {Reference} from '../../references.js';
import {readReference} from '../../references.js';
import {useFolder} from '../../sinks/use-folder.js';

const inFolder = useFolder();
beforeAll(() => useEngine('native'));
afterEach(() => vi.restoreAllMocks());

const modelOf = (name: string) => join(repository, 'test/reference', name, 'model.json');
const flags = {layers: 'all', batchSize: 512, steps: 30, probes: 8, k: 2, seed: 3};

/** The output of the command. */
async function printed(model: string, more: Partial<ReportFlags> & {data: string}): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await reportModel(model, {...flags, ...more});
  const lines = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  return lines.join('\n');
}

const spectraOf = async (model: string, more: Partial<ReportFlags> & {data: string}) =>
  JSON.parse(await printed(model, {...more, json: true})) as LayerwiseSpectra;

/** Writes the data of a reference as JSON. */
function writeData({x, y}: Reference): string {
  const name = (letter: string, list: unknown[]) =>
    Object.fromEntries(list.map((array, i) => [list.length === 1 ? letter : `${letter}${i}`, array]));
  writeFileSync(inFolder('data.json'), JSON.stringify({...name('x', x), ...name('y', y)}));
  return inFolder('data.json');
}

/** The error of products of a recorded network relative to float64, in units of ‖H‖. */
const PRODUCT = 2e-6;

function expectReference({full, layers}: LayerwiseSpectra, reference: Reference): void {
  const blocks = [
    [full, reference.full] as const,
    ...layers.map(layer => [layer, reference.perLayer[layer.name]!] as const),
  ];
  for (const [block, expected] of blocks) {
    expect(block.parameters).toBe(expected.parameters);
    const rounding = PRODUCT * expected.frobenius;
    for (const {value, residual} of [...block.largest, ...block.smallest]) {
      const distance = Math.min(...expected.eigenvalues.map(each => Math.abs(each - value)));
      expect(distance).toBeLessThanOrEqual(residual + rounding);
    }
    // Five standard errors of eight probes: by Student's t, about one miss in a thousand.
    const {value, standardError} = block.trace;
    expect(Math.abs(value - expected.trace)).toBeLessThan(5 * standardError! + 50 * rounding);
  }
}

describe('report of a reference model', () => {
  it.each(['mlp_tanh', 'cnn_relu_maxpool', 'lstm', 'embedding_masked_gru', 'batchnorm_conv_training'])(
    '%s has the float64 eigenvalues and traces within the error bars',
    async name => {
      const reference = readReference(name);
      const spectra = await spectraOf(modelOf(name), {data: writeData(reference), loss: reference.losses.join(',')});
      expect(spectra.layers.map(layer => layer.name)).toEqual(Object.keys(reference.perLayer));
      expectReference(spectra, reference);
    },
  );

  it('has them also with several inputs and outputs, and a loss for each', async () => {
    const name = 'functional_residual_multi_output';
    const reference = readReference(name);
    expect(reference.y.length).toBeGreaterThan(1);
    const spectra = await spectraOf(modelOf(name), {data: writeData(reference), loss: reference.losses.join(', ')});
    expectReference(spectra, reference);
  });

  it('has them also with several batches, and in inference mode', async () => {
    const reference = readReference('batchnorm_inference');
    const loss = reference.losses[0]!;
    const rows = reference.x[0]!.shape[0]!;
    const args = {data: writeData(reference), loss, inference: true, batchSize: Math.ceil(rows / 3)};
    expectReference(await spectraOf(modelOf('batchnorm_inference'), args), reference);
  });

  it('has them also with weights in shards', async () => {
    const reference = readReference('mlp_tanh');
    const model = JSON.parse(readFileSync(modelOf('mlp_tanh'), 'utf8'));
    const weights = readFileSync(join(repository, 'test/reference/mlp_tanh/weights.bin'));
    const paths = [0, 1, 2].map(i => `group1-shard${i + 1}of3.bin`);
    // The converter also splits within numbers.
    paths.forEach((path, i) => {
      writeFileSync(inFolder(path), weights.subarray(i * 101, i === 2 ? undefined : (i + 1) * 101));
    });
    model.weightsManifest = [{paths, weights: model.weightsManifest[0].weights}];
    writeFileSync(inFolder('model.json'), JSON.stringify(model));
    const args = {data: writeData(reference), loss: 'categoricalCrossentropy'};
    expectReference(await spectraOf(inFolder('model.json'), args), reference);
  });

  it('uses the requested layers and batches', async () => {
    const data = writeData(readReference('mlp_tanh'));
    const loss = 'categoricalCrossentropy';
    const names = async (layers: string) =>
      (await spectraOf(modelOf('mlp_tanh'), {data, loss, layers})).layers.map(({name}) => name);
    expect(await names('d1, d3')).toEqual(['d1', 'd3']);
    expect(await names('middle')).toEqual(['d2']);
    expect(await names('middle:1')).toEqual(['d2']);
    await expect(names('d1,dens')).rejects.toThrow(/Layer "dens" is not among .* They are: d1, d2, d3/);
    const table = await printed(modelOf('mlp_tanh'), {data, loss, batchSize: 5, batches: 2});
    expect(table).toMatch(/^Hessian of mlp_tanh\nparameters .* · data data\.json, 10 of 12 samples in 2 batches · /);
    expect(table).toMatch(/\nblock +class +parameters .*\nwhole network .*\nd1 +Dense /);
    // A pipe receives only the table, unless asked for.
    expect(table).not.toContain('eigenvalue density');
    expect(table.split('\n').at(-1)).toMatch(/^d3 +Dense /);
    const picture = await printed(modelOf('mlp_tanh'), {data, loss, out: '-'});
    expect(picture).toMatch(
      /\n +eigenvalue density +trace\nwhole network .*\nd1 .*\nd2 .*\nd3 .*\n.*\n.*\n\nblock +class /,
    );
    expect(picture).toMatch(
      /\nd3 +Dense .*\n\n.*Compare the largest eigenvalue with 2 \/ learning\s+rate:.*advise\s+run\.ndjson\.$/s,
    );
  });

  it('is written by the command as a self-contained page, a picture and the same JSON', async () => {
    const data = writeData(readReference('cnn_relu_maxpool'));
    const run = (...more: string[]) =>
      runSource([commandLine, 'report', modelOf('cnn_relu_maxpool'), '--data', data, ...more]);
    const loss = ['--loss', 'categoricalCrossentropy', '--seed', '3'];
    for (const file of ['r.html', 'r.png', 'r.json']) {
      expect(await run(...loss, '--out', inFolder(file))).toMatchObject({
        code: 0,
        stdout: `${inFolder(file)}: the network and 3 layers.\n`,
      });
    }
    const page = readFileSync(inFolder('r.html'), 'utf8');
    const {document} = parseHTML(page);
    expect(document.querySelectorAll('figure .on-wide svg')).toHaveLength(4);
    expect([...document.querySelectorAll('tbody th')].map(cell => cell.textContent)).toEqual([
      ...['whole network', 'c1', 'c2', 'd'],
    ]);
    // The page loads nothing and runs nothing.
    expect(document.querySelectorAll('script, link, img, iframe, [src], [href]')).toHaveLength(0);
    expect(page).not.toMatch(/url\(|@import/);
    const png = readFileSync(inFolder('r.png'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(1920);
    const args = {data, loss: 'categoricalCrossentropy', steps: 50, probes: 2, k: 1};
    expect(JSON.parse(readFileSync(inFolder('r.json'), 'utf8'))).toEqual(
      await spectraOf(modelOf('cnn_relu_maxpool'), args),
    );
    expect(await run()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^tfjs-hessian: .*was saved without a loss; name it with --loss\. .*\n$/),
    });
  }, 180_000);
});

describe('report refuses, before it loads an engine:', () => {
  const refused = async (model: string, more: Partial<ReportFlags>, message: RegExp) => {
    const failing = reportModel(model, {...flags, data: inFolder('data.json'), loss: 'meanSquaredError', ...more});
    await expect(failing).rejects.toThrow(InvalidArgumentError);
    await expect(reportModel(model, {...flags, data: inFolder('data.json'), ...more})).rejects.toThrow(message);
  };

  it('a model that does not exist, is not a model, is a graph model, or lacks a shard', async () => {
    await refused(inFolder('model.json'), {}, /model\.json does not exist; name a model\.json\.$/);
    writeFileSync(inFolder('model.json'), '{"a": ');
    await refused(inFolder('model.json'), {}, /model\.json is not JSON/);
    writeFileSync(inFolder('model.json'), 'null');
    await refused(inFolder('model.json'), {}, /is not a saved model: it has no modelTopology/);
    writeFileSync(inFolder('model.json'), '{"format": "graph-model", "modelTopology": {}, "weightsManifest": []}');
    await refused(inFolder('model.json'), {}, /is a graph model.*--output_format tfjs_layers_model/);
    mkdirSync(inFolder('torn'));
    cpSync(modelOf('mlp_tanh'), inFolder('torn/model.json'));
    await refused(inFolder('torn/model.json'), {}, /weights\.bin does not exist; .*model\.json names it\.$/);
  });

  it('data that do not exist, and an --out that it cannot write', async () => {
    await refused(modelOf('mlp_tanh'), {}, /data\.json does not exist; name a file with data x and y\.$/);
    await refused(modelOf('mlp_tanh'), {data: modelOf('mlp_tanh')}, /has no array x \(or x0.*\); it has format, /);
    await refused(
      modelOf('mlp_tanh'),
      {out: 'r.pdf'},
      /--out r\.pdf: a report ends in \.json, \.html, \.svg, \.png\.$/,
    );
  });
});

describe('report refuses', () => {
  it('unknown losses or too many, data that do not fit, and a folder that does not exist', async () => {
    const reference = readReference('mlp_tanh');
    const data = writeData(reference);
    const loss = 'categoricalCrossentropy';
    const failing = (more: Partial<ReportFlags>) => reportModel(modelOf('mlp_tanh'), {...flags, data, loss, ...more});
    await expect(failing({loss: 'mse2'})).rejects.toThrow(/^--loss: Unknown loss mse2\. tfjs has meanSquaredError, /);
    await expect(failing({loss: 'hinge,hinge'})).rejects.toThrow(/names 2 losses, and the model has 1 outputs/);
    const {x, y} = reference;
    writeFileSync(inFolder('two.json'), JSON.stringify({x0: x[0], x1: x[0], y: y[0]}));
    await expect(failing({data: inFolder('two.json')})).rejects.toThrow(/have 2 arrays x, and the model has 1 inputs/);
    writeFileSync(inFolder('wide.json'), JSON.stringify({x: [[1, 2]], y: [[1, 0, 0]]}));
    await expect(failing({data: inFolder('wide.json')})).rejects.toThrow(/The batch does not fit model/);
    await expect(failing({out: inFolder('none/r.json')})).rejects.toThrow(/cannot be written .*choose another --out/);
  });
});
