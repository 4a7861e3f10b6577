import {writeFileSync} from 'node:fs';
import {crc32, deflateRawSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {readData} from '../../../src/cli/report/data/data-file.js';
import {readNpz} from '../../../src/cli/report/data/npz.js';
import {needsPythonReaders, runPython} from '../../python-readers.js';
import {useFolder} from '../../sinks/use-folder.js';

const inFolder = useFolder();
const readers = await needsPythonReaders();

const plain = ({shape, values}: {shape: number[]; values: Float32Array}) => ({shape, values: [...values]});
const read = async (name: string) => {
  const {x, y} = await readData(inFolder(name));
  return {x: x.map(plain), y: y.map(plain)};
};
const write = (name: string, content: string) => {
  writeFileSync(inFolder(name), content);
  return read(name);
};

/** Runs NumPy statements with `path` in scope. */
const numpy = (name: string, statements: string) =>
  runPython(`import sys, numpy as np\npath = sys.argv[1]\n${statements}\nprint('null')`, inFolder(name));

describe('an .npz file from NumPy', readers, () => {
  it.each(['f2', 'f4', 'f8', '>f4', '>f8', 'i1', 'i2', '<i4', '>i4', 'i8', '>i8', 'u1', 'u2', 'u4', 'u8', '?'])(
    'is read with numbers of type %s',
    async type => {
      numpy('d.npz', `np.savez(path, x=np.array([[0, 1, 2], [3, 4, 100]]).astype('${type}'), y=np.arange(2.0))`);
      const bool = type === '?';
      expect(await read('d.npz')).toEqual({
        x: [{shape: [2, 3], values: bool ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 100]}],
        y: [{shape: [2], values: [0, 1]}],
      });
    },
  );

  it('is read also if it is compressed, in Fortran order, or has several inputs', async () => {
    const x = 'np.arange(24.0).reshape(2, 3, 4)';
    const values = Array.from({length: 24}, (_, i) => i);
    numpy(
      'd.npz',
      `np.savez_compressed(path, x0=np.asfortranarray(${x}), x1=-${x}, y0=np.ones((2, 1)), y1=np.ones(2))`,
    );
    const {x: inputs, y} = await read('d.npz');
    expect(inputs).toEqual([
      {shape: [2, 3, 4], values},
      {shape: [2, 3, 4], values: values.map(value => 0 - value || -0)},
    ]);
    expect(y.map(({shape}) => shape)).toEqual([[2, 1], [2]]);
  });

  it('has exact half-precision numbers: subnormal, negative, largest', async () => {
    numpy('d.npz', "np.savez(path, x=np.array([6e-8, -1.5, 65504, 0.333]).astype('f2'), y=np.ones(4))");
    const {x} = await read('d.npz');
    expect(x[0]!.values).toEqual([2 ** -24, -1.5, 65504, Math.fround(0.333007812)].map(Math.fround));
  });

  it('is refused if it holds text, lacks y, or has other names', async () => {
    numpy('t.npz', "np.savez(path, x=np.array(['a', 'b']), y=np.ones(2))");
    await expect(read('t.npz')).rejects.toThrow(/array "x" has the type U1; save it as numbers/);
    numpy('n.npz', 'np.savez(path, images=np.ones((2, 1)), labels=np.ones(2))');
    await expect(read('n.npz')).rejects.toThrow(/has no array x \(or x0, x1, … for several\); it has images, labels\./);
    numpy('m.npz', 'np.savez(path, x=np.ones((2, 1)), y=np.ones(3))');
    await expect(read('m.npz')).rejects.toThrow(/y has shape \[3\] and x \[2, 1\]; the first number/);
  });
});

describe('an .npz file', () => {
  it('has arrays that are not asked for, of any type and size', readers, async () => {
    numpy(
      'd.npz',
      "np.savez_compressed(path, x=np.ones((2, 1)), y=np.ones(2), names=np.array(['a']), other=np.zeros(10 ** 8))",
    );
    const before = process.memoryUsage().arrayBuffers;
    await read('d.npz');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e8);
  });

  it('is refused before it is unpacked if an array is too large', async () => {
    await writeZip('bomb.npz', 'x.npy', {}).catch(() => {});
    const arrays = await readNpz(inFolder('bomb.npz'), 80);
    await expect(arrays.get('x')!()).rejects.toThrow(
      /array "x" has 84 bytes, and at most 80 can be read on this machine now; save fewer samples\.$/,
    );
  });

  it('is refused if an array is larger than it says', async () => {
    await expect(writeZip('lie.npz', 'x.npy', {declared: 10})).rejects.toThrow(
      /cannot be read as \.npz \(.*too many bytes/,
    );
  });

  it.each(['-1, 2', '1.5,', 'None,', '9999999999999999999,'])(
    'is refused if an array has the shape (%s)',
    async shape => {
      await expect(writeZip('shape.npz', 'x.npy', {shape})).rejects.toThrow(
        /array "x" has the shape .*, which is not one/,
      );
    },
  );

  it('is refused if an array ends before its data', async () => {
    await expect(writeZip('cut.npz', 'x.npy', {shape: '1000000000, 1000'})).rejects.toThrow(/is incomplete/);
  });

  /** Writes a zip with one array, which may say something else of its size, and reads it. */
  function writeZip(name: string, entry: string, {declared, shape = '4,'}: {declared?: number; shape?: string}) {
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }\n`;
    const npy = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
      Buffer.from(Uint16Array.of(header.length).buffer),
      Buffer.from(header),
      Buffer.alloc(16),
    ]);
    const data = deflateRawSync(npy);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(npy), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(declared ?? npy.length, 18);
    common.writeUInt16LE(entry.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(entry), data]);
    const central = Buffer.concat([
      Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
      common,
      Buffer.alloc(14),
      Buffer.from(entry),
    ]);
    const end = Buffer.alloc(18);
    end.writeUInt16LE(1, 4);
    end.writeUInt16LE(1, 6);
    end.writeUInt32LE(central.length, 8);
    end.writeUInt32LE(local.length, 12);
    writeFileSync(inFolder(name), Buffer.concat([local, central, Buffer.from('PK\x05\x06', 'latin1'), end]));
    return read(name);
  }
});

describe('a data file', () => {
  it('may be JSON, nested or flat', async () => {
    const expected = {x: [{shape: [2, 2], values: [1, 2, 3, 4]}], y: [{shape: [2], values: [0, 1]}]};
    expect(await write('n.json', '{"x": [[1, 2], [3, 4]], "y": [0, 1]}')).toEqual(expected);
    expect(await write('f.json', '{"x": {"shape": [2, 2], "data": [1, 2, 3, 4]}, "y": [0, 1]}')).toEqual(expected);
  });

  it.each([
    ['[1]', /must hold an object/],
    ['{"x": [[1, 2], [3]], "y": [0, 1]}', /"x" is ragged/],
    ['{"x": [[1, "a"]], "y": [0]}', /"x" holds "a", which is not a number/],
    ['{"x": {"shape": [3], "data": [1]}, "y": [0]}', /has shape \[3\] and 1 numbers/],
    ['{"x": {"shape": [-1, -1], "data": [1]}, "y": [0]}', /has shape \[-1,-1\] and 1 numbers; they do not fit/],
    ['{"x": {"shape": ["a"], "data": [1]}, "y": [0]}', /has shape \["a"\]/],
    ['{"x": null, "y": [0]}', /"x" holds null, which is not a number/],
    [`{"x": ${'['.repeat(5000)}${']'.repeat(5000)}, "y": [0]}`, /has 5000 levels of lists; TensorFlow\.js has up to 6/],
    ['{"x": [], "y": []}', /the first number, of samples, must be the same and not 0/],
  ])('is refused as JSON: %s', async (content, message) => {
    await expect(write('d.json', content)).rejects.toThrow(message);
  });

  it('may be CSV, with targets by name or last, and quoted names', async () => {
    const x = [{shape: [2, 2], values: [1, 2, 3, 4]}];
    const last = {x, y: [{shape: [2, 1], values: [0, 1]}]};
    expect(await write('a.csv', '"width, mm",b,kind\r\n1,2,0\r\n3,4,1\r\n')).toEqual(last);
    expect(await write('b.csv', '1,2,0\n3,4,1')).toEqual(last);
    expect(await write('c.csv', 'y,a,b\n0,1,2\n1,3,4\n\n')).toEqual(last);
    expect(await write('d.csv', 'y0,a,y1,b\n1,1,0,2\n0,3,1,4')).toEqual({
      x,
      y: [{shape: [2, 2], values: [1, 0, 0, 1]}],
    });
  });

  it.each([
    ['a,b\n', /needs at least one row and two columns/],
    ['a\n1\n', /two columns/],
    ['a,y\n1,cat\n', /row 2: "cat" in y is not a number; encode it first/],
    ['a,y\n1\n', /row 2 has 1 cells, and there are 2 columns/],
    ['y0,y1\n1,2\n', /has no input/],
  ])('is refused as CSV: %j', async (content, message) => {
    await expect(write('d.csv', content)).rejects.toThrow(message);
  });

  it('is refused if it does not exist, is not a zip, or has another format', async () => {
    await expect(read('none.npz')).rejects.toThrow(/does not exist/);
    await expect(write('d.npz', 'hello')).rejects.toThrow(/cannot be read as \.npz .*np\.savez/);
    await expect(write('d.txt', '')).rejects.toThrow(/must be an \.npz, \.json or \.csv file/);
  });
});
