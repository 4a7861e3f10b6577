import {InvalidArgumentError} from '../../../errors.js';
import {type ArrayData, sizeOf} from './array-data.js';

type Reader = (view: DataView, offset: number, little: boolean) => number;

const readers: Readonly<Record<string, readonly [bytes: number, read: Reader]>> = {
  f2: [2, (view, offset, little) => half(view.getUint16(offset, little))],
  f4: [4, (view, offset, little) => view.getFloat32(offset, little)],
  f8: [8, (view, offset, little) => view.getFloat64(offset, little)],
  i1: [1, (view, offset) => view.getInt8(offset)],
  i2: [2, (view, offset, little) => view.getInt16(offset, little)],
  i4: [4, (view, offset, little) => view.getInt32(offset, little)],
  i8: [8, (view, offset, little) => Number(view.getBigInt64(offset, little))],
  u1: [1, (view, offset) => view.getUint8(offset)],
  b1: [1, (view, offset) => view.getUint8(offset)],
  u2: [2, (view, offset, little) => view.getUint16(offset, little)],
  u4: [4, (view, offset, little) => view.getUint32(offset, little)],
  u8: [8, (view, offset, little) => Number(view.getBigUint64(offset, little))],
};

/**
 * Parses the file of a NumPy array into float32 in row-major order.
 *
 * The format (`numpy/lib/format.py`): `\x93NUMPY`, the version, the length of the header, the header as a Python dict, the
 * data.
 *
 * @throws InvalidArgumentError for another format, or for values that are not numbers.
 */
export function parseNpy(bytes: Uint8Array, name: string): ArrayData {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== '\x93NUMPY') {
    throw new InvalidArgumentError(`${name} is not a NumPy array.`);
  }
  const isLong = bytes[6]! > 1;
  const begin = isLong ? 12 : 10;
  const end = begin + (isLong ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(begin, end));
  const [, order, type] = /'descr':\s*'([<>|=]?)(\w+)'/.exec(header) ?? [];
  const dimensions = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const reader = readers[type ?? ''];
  if (reader === undefined || dimensions === undefined) {
    throw new InvalidArgumentError(
      `${name} has the type ${type ?? header.trim()}; save it as numbers: np.savez(file, x=x.astype('float32'), …).`,
    );
  }
  const shape = dimensions
    .split(',')
    .filter(part => part.trim() !== '')
    .map(Number);
  const [size, read] = reader;
  const count = sizeOf(shape);
  if (count === null) throw new InvalidArgumentError(`${name} has the shape (${dimensions}), which is not one.`);
  if (end + count * size > bytes.length)
    throw new InvalidArgumentError(`${name} is incomplete: it ends before its data.`);
  const isFortran = /'fortran_order':\s*True/.test(header);
  const place = isFortran ? columnMajor(shape) : (i: number) => i;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, end + size * place(i), order !== '>');
  return {shape, values};
}

/** Maps the row-major index of a value to its column-major index. */
function columnMajor(shape: readonly number[]): (i: number) => number {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, n) => product * n, 1));
  return i => {
    let place = 0;
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      place += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return place;
  };
}

/** Converts an IEEE 754 binary16 number. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
