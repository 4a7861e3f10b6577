// Messages to other threads and machines as bytes: plain data, in which arrays of numbers stay binary.
import {TfjsHessianError} from './errors.js';

/** Of the format and of what the messages hold. Both sides must have the same. */
const VERSION = 1;

/** "TFJH", read as a little-endian number. */
const MAGIC = 0x484a4654;

/** Magic, version, bytes of the JSON, 0. */
const HEADER = 16;

const arrayTypes = {Float32Array, Float64Array, Int32Array, Uint8Array};
type NumberArray = InstanceType<(typeof arrayTypes)[keyof typeof arrayTypes]>;

interface Manifest {
  readonly value: unknown;
  /** Where the arrays lie, in bytes after the JSON. */
  readonly arrays: {readonly type: keyof typeof arrayTypes; readonly length: number; readonly offset: number}[];
}

/**
 * A message of plain data as bytes. Arrays of numbers keep their bits; all else is as in JSON.
 *
 * @param shared whether the bytes lie in memory that threads share, so that sending them copies nothing.
 */
export function encodeMessage(value: unknown, shared = false): Uint8Array<ArrayBuffer> {
  const arrays: NumberArray[] = [];
  const places: Manifest['arrays'] = [];
  let end = 0;
  const marked = JSON.stringify(value, (_, part) => {
    const type = typeOf(part);
    if (type === null) return part;
    arrays.push(part);
    places.push({type, length: part.length, offset: end});
    end = aligned(end + part.byteLength);
    return {$array: arrays.length - 1};
  });
  const json = new TextEncoder().encode(`{"value":${marked},"arrays":${JSON.stringify(places)}}`);
  const start = aligned(HEADER + json.length);
  const bytes = new Uint8Array(newBuffer(start + end, shared) as ArrayBuffer);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, MAGIC, true);
  header.setUint32(4, VERSION, true);
  header.setUint32(8, json.length, true);
  bytes.set(json, HEADER);
  for (const [i, array] of arrays.entries()) {
    const {offset} = places[i]!;
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + offset);
  }
  return bytes;
}

/**
 * The data of a message. Its arrays are parts of the message's memory where they lie at fitting places there.
 *
 * @throws TfjsHessianError for other bytes, and for a message of another version.
 */
export function decodeMessage<T>(bytes: Uint8Array): T {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEADER || header.getUint32(0, true) !== MAGIC) {
    throw new TfjsHessianError('The bytes are not a message of tfjs-hessian; something else has been written there.');
  }
  const version = header.getUint32(4, true);
  if (version !== VERSION) {
    throw new TfjsHessianError(
      `The message has version ${version}, but this tfjs-hessian reads version ${VERSION}; install the same version on both sides.`,
    );
  }
  const length = header.getUint32(8, true);
  // A TextDecoder of a browser does not read shared memory.
  const json = new TextDecoder().decode(bytes.slice(HEADER, HEADER + length));
  const start = bytes.byteOffset + aligned(HEADER + length);
  const {value, arrays} = JSON.parse(json) as Manifest;
  const read = (index: number): NumberArray => {
    const {type, length: numbers, offset} = arrays[index]!;
    const ArrayType = arrayTypes[type];
    const from = start + offset;
    if (from % ArrayType.BYTES_PER_ELEMENT === 0) return new ArrayType(bytes.buffer as ArrayBuffer, from, numbers);
    const copy = bytes.slice(from - bytes.byteOffset, from - bytes.byteOffset + numbers * ArrayType.BYTES_PER_ELEMENT);
    return new ArrayType(copy.buffer as ArrayBuffer, 0, numbers);
  };
  const restore = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    const {$array} = part as {$array?: unknown};
    if (typeof $array === 'number') return read($array);
    if (Array.isArray(part)) return part.map(restore);
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, restore(each)]));
  };
  return restore(value) as T;
}

function newBuffer(bytes: number, shared: boolean): ArrayBufferLike {
  return shared && typeof SharedArrayBuffer === 'function' ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

function typeOf(value: unknown): keyof typeof arrayTypes | null {
  if (!ArrayBuffer.isView(value)) return null;
  const name = value.constructor.name;
  if (name in arrayTypes) return name as keyof typeof arrayTypes;
  // Node's Buffer is one, too.
  if (value instanceof Uint8Array) return 'Uint8Array';
  throw new TfjsHessianError(`A message cannot hold a ${name}; it holds ${Object.keys(arrayTypes).join(', ')}.`);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
