import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import {CompiledFunction} from '../../src/kernels/compiled-function.js';
import {attachRegularizer} from '../../src/regularizers/attach-regularizer.js';
import {HessianTraceRegularizer} from '../../src/regularizers/hessian-trace-regularizer.js';
import {nativeBackend} from '../../src/tfjs-internals/node/backend.js';
import {onWarning, type TfjsHessianWarning} from '../../src/warnings.js';
import {useEngine} from '../engines.js';
import {smallBatch, smallMlp} from '../regularizers/small-models.js';
import {weightsOf} from '../regularizers/training.js';

/** node:fs as `process` returns it, so that its functions can be replaced. */
const fs = process.getBuiltinModule('node:fs');

let scratch: string;
let warnings: TfjsHessianWarning[];
let stopListening: () => void;
let stopWatching = () => {};
const before = process.env.TMPDIR;

function setTemporary(folder: string | undefined): void {
  if (folder === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = folder;
}

/** Counts the runs of graphs that are compiled from now on. */
function watchGraphs() {
  const backend = nativeBackend()!;
  const {binding} = backend;
  const runSavedModel = vi.fn(binding.runSavedModel.bind(binding));
  // The addon's functions cannot be replaced.
  backend.binding = Object.create(binding, {runSavedModel: {value: runSavedModel}});
  stopWatching = () => {
    backend.binding = binding;
  };
  return runSavedModel;
}

/** A function that no other test compiles: the number is a constant of its graph and its number of rows. */
function softmaxes(number: number) {
  const x = tf.randomNormal([number, 7], 0, 3, 'float32', number);
  const body = () => [tf.mul(tf.softmax(tf.square(x)), number)];
  return {x, body, plain: body()[0]!.dataSync()};
}

/** Temporary folders that are not writable, each made in an empty folder. */
const unwritable: Record<string, (folder: string) => string> = {
  'does not exist': folder => join(folder, 'missing'),
  'is a file': folder => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    return file;
  },
  'is on another file system': () => '/proc',
};

// Sessions are loaded through the temporary folder.
describe('a TensorFlow graph as a session', () => {
  beforeAll(() => useEngine('native'));
  beforeEach(() => {
    vi.stubEnv('TFJS_HESSIAN_GRAPHS', 'session');
    scratch = mkdtempSync(join(tmpdir(), 'graph-test-'));
    warnings = [];
    stopListening = onWarning(warning => warnings.push(warning));
  });
  afterEach(() => {
    setTemporary(before);
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    stopListening();
    stopWatching();
    rmSync(scratch, {recursive: true, force: true});
  });

  it.each([
    [64, 10],
    [5, 7, 9],
    [32, 1000],
  ])('gives the same bits of softmax as a single op, for shape [%d, %d]', (...shape) => {
    const x = tf.randomNormal(shape.filter(Number.isFinite), 0, 3, 'float32', 1);
    const graphs = watchGraphs();
    const fn = new CompiledFunction('at once');
    const [inGraph] = fn.call([x], () => [tf.softmax(x)]);
    expect(graphs).toHaveBeenCalledTimes(1);
    expect(inGraph!.dataSync()).toEqual(tf.softmax(x).dataSync());
    fn.dispose();
  });

  it.each([
    [6001, 'costly', 'loads its graph now'],
    [20_001, 'slower', 'its ops run one by one'],
  ])('warns before it loads a graph of %d ops', (ops, code, message) => {
    const x = tf.scalar(1e-3);
    const fn = new CompiledFunction('at once');
    const body = () => [tf.tidy(() => Array.from({length: ops}).reduce<tf.Tensor>(y => tf.add(y, x), x))];
    const [sum] = fn.call([x], body);
    expect(sum!.dataSync()).toEqual(body()[0]!.dataSync());
    fn.call([x], body);
    expect(warnings.map(warning => warning.code)).toEqual([code]);
    expect(warnings[0]!.message).toContain(ops.toLocaleString('en'));
    expect(warnings[0]!.message).toContain(message);
    fn.dispose();
  });

  it.each(Object.keys(unwritable))('warns once and changes no bits if the temporary folder %s', place => {
    const number = 20 + Object.keys(unwritable).indexOf(place);
    const {x, body, plain} = softmaxes(number);
    const folder = unwritable[place]!(scratch);
    setTemporary(folder);
    const graphs = watchGraphs();
    const [fn, other] = [new CompiledFunction('at once'), new CompiledFunction('at once')];
    for (let i = 0; i < 4; i++) {
      expect(fn.call([x], body)[0]!.dataSync()).toEqual(plain);
      other.call([x], () => [tf.softmax(tf.add(x, number))]);
    }
    expect(graphs).not.toHaveBeenCalled();
    expect(warnings.map(({code}) => code)).toEqual(['slower']);
    expect(warnings[0]!.message).toContain(folder);
    expect(warnings[0]!.message).toContain('TMPDIR');
    // The way out that the warning names; the graph is tried again later.
    setTemporary(scratch);
    for (let i = 0; i < 40; i++) expect(fn.call([x], body)[0]!.dataSync()).toEqual(plain);
    expect(graphs).toHaveBeenCalled();
    expect(warnings).toHaveLength(1);
    expect(readdirSync(scratch).filter(name => name.startsWith('tfjs-hessian'))).toEqual([]);
    for (const each of [fn, other]) each.dispose();
  });

  it('leaves no file behind if the disk is full', () => {
    const {x, body, plain} = softmaxes(31);
    setTemporary(scratch);
    const write = vi.spyOn(fs, 'writeFileSync').mockImplementation(file => {
      fs.closeSync(fs.openSync(file as string, 'w'));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC'});
    });
    const fn = new CompiledFunction('at once');
    expect(fn.call([x], body)[0]!.dataSync()).toEqual(plain);
    expect(write).toHaveBeenCalledTimes(1);
    expect(readdirSync(scratch)).toEqual([]);
    expect(warnings.map(({message}) => message).join()).toContain('ENOSPC');
    fn.dispose();
  });

  it('does not need its folder after it is loaded', () => {
    const {x, body, plain} = softmaxes(32);
    const own = join(scratch, 'own');
    mkdirSync(own);
    setTemporary(own);
    const graphs = watchGraphs();
    const fn = new CompiledFunction('at once');
    fn.call([x], body);
    rmSync(own, {recursive: true});
    graphs.mockClear();
    expect(fn.call([x], body)[0]!.dataSync()).toEqual(plain);
    expect(graphs).toHaveBeenCalledTimes(1);
    expect(warnings).toEqual([]);
    fn.dispose();
  });

  it('removes its folder at exit if it could not be removed before', () => {
    const {x, body, plain} = softmaxes(33);
    setTemporary(scratch);
    const exit = vi.spyOn(process, 'once');
    const remove = vi.spyOn(fs, 'rmSync').mockImplementation(() => {
      throw Object.assign(new Error('EBUSY'), {code: 'EBUSY'});
    });
    const fn = new CompiledFunction('at once');
    expect(fn.call([x], body)[0]!.dataSync()).toEqual(plain);
    remove.mockRestore();
    const [left] = readdirSync(scratch);
    expect(existsSync(join(scratch, left!, 'saved_model.pb'))).toBe(true);
    const [, atExit] = exit.mock.calls.find(([event]) => event === 'exit')!;
    (atExit as () => void)();
    process.removeListener('exit', atExit as () => void);
    expect(readdirSync(scratch)).toEqual([]);
    fn.dispose();
  });

  it('does not change a penalized training, whenever it is loaded', async () => {
    const {x, y} = smallBatch(9);
    const trained = async () => {
      const model = smallMlp();
      const {detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 0.1}), {layers: 'middle'});
      for (let step = 0; step < 30; step++) await model.trainOnBatch(x, y);
      detach();
      return weightsOf(model);
    };
    const graphs = watchGraphs();
    setTemporary(join(scratch, 'missing'));
    const without = await trained();
    expect(graphs).not.toHaveBeenCalled();
    setTemporary(scratch);
    // The first step of each training runs kernel by kernel.
    expect(await trained()).toEqual(without);
    expect(graphs).toHaveBeenCalled();
    graphs.mockClear();
    expect(await trained()).toEqual(without);
    // The optimizer's update may be a graph too.
    const [first] = graphs.mock.calls[0]!;
    expect(graphs.mock.calls.filter(([graph]) => graph === first)).toHaveLength(29);
    expect(warnings).toHaveLength(1);
  });
});
