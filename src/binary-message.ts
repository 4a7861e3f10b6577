// Messages to other threads and machines as bytes: plain data, in which arrays of numbers stay binary.
//
//   "TFJH" | version | bytes of the JSON | 0 | JSON, padded to 8 bytes | arrays, each padded to 8 bytes
//
// The head is four uint32; all numbers are little-endian. Nothing in a message is run.
import {TfjsHessianError} from './errors.js';
import {marked, unmarked} from './exact-json.js';

/** Of the format and of what the messages hold. Both sides must have the same. */
export const MESSAGE_VERSION = 2;

/** "TFJH", read as a little-endian number. */
const MAGIC = 0x484a4654;

/** Bytes of the head. */
const HEAD = 16;

const arrayTypes = {Float32Array, Float64Array, Int32Array, Uint8Array};
type ArrayName = keyof typeof arrayTypes;
type NumberArray = InstanceType<(typeof arrayTypes)[ArrayName]>;

/** In the JSON, in place of an array: its type and length. The arrays lie one after the other. */
interface Place {
  readonly $array: readonly [type: ArrayName, length: number];
}

/**
 * A message of plain data as bytes. All numbers keep their bits.
 *
 * @param shared whether the bytes lie in memory that threads share, so that sending them copies nothing.
 */
export function encodeMessage(value: unknown, shared = false): Uint8Array<ArrayBuffer> {
  const arrays: NumberArray[] = [];
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, changed: unknown) {
    // Node's Buffer has a JSON of its own.
    const part = this[key];
    if (ArrayBuffer.isView(part)) {
      arrays.push(part as NumberArray);
      return {$array: [nameOf(part), (part as NumberArray).length]} satisfies Place;
    }
    if (typeof part === 'object' && part !== null && '$array' in part) {
      throw new TfjsHessianError(
        'A message cannot hold an object with the name "$array", which stands for its arrays.',
      );
    }
    return marked(changed);
  });
  const json = new TextEncoder().encode(text);
  const size = arrays.reduce((sum, {byteLength}) => sum + aligned(byteLength), aligned(HEAD + json.length));
  const bytes = new Uint8Array(newBuffer(size, shared) as ArrayBuffer);
  const head = new DataView(bytes.buffer);
  for (const [i, word] of [MAGIC, MESSAGE_VERSION, json.length].entries()) head.setUint32(4 * i, word, true);
  bytes.set(json, HEAD);
  let end = aligned(HEAD + json.length);
  for (const {buffer, byteOffset, byteLength} of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), end);
    end += aligned(byteLength);
  }
  return bytes;
}

/**
 * The data of a message. Its arrays are parts of the message's memory where they lie at fitting places there.
 *
 * @throws TfjsHessianError for other bytes, and for a message of another version.
 */
export function decodeMessage<T>(bytes: Uint8Array): T {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEAD || head.getUint32(0, true) !== MAGIC) throw notOurs('it does not begin as one');
  const version = head.getUint32(4, true);
  if (version !== MESSAGE_VERSION) {
    throw new TfjsHessianError(
      `The message has version ${version}, but this tfjs-hessian reads version ${MESSAGE_VERSION}; install the same version on both sides.`,
    );
  }
  const length = head.getUint32(8, true);
  if (HEAD + length > bytes.byteLength) throw notOurs('it is too short for its text');
  const arrays = new ArrayReader(bytes, aligned(HEAD + length));
  const value = restored(parsed(bytes.slice(HEAD, HEAD + length)), arrays, 0);
  if (arrays.position !== bytes.byteLength) throw notOurs('it has more bytes than its arrays');
  return value as T;
}

/** The deepest nesting of a message. */
const DEEPEST = 30;

function restored(part: unknown, arrays: ArrayReader, depth: number): unknown {
  if (depth > DEEPEST) throw notOurs('its text is nested too deeply');
  if (typeof part !== 'object' || part === null) return unmarked(part);
  if (Array.isArray(part)) return part.map(each => restored(each, arrays, depth + 1));
  if ('$array' in part) return arrays.next(part.$array);
  return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, restored(each, arrays, depth + 1)]));
}

/** Reads the arrays in their order. */
class ArrayReader {
  constructor(
    private readonly bytes: Uint8Array,
    public position: number,
  ) {}

  next(place: unknown): NumberArray {
    const [type, length] = Array.isArray(place) ? place : [];
    if (!Object.hasOwn(arrayTypes, type as string) || !Number.isSafeInteger(length) || length < 0) {
      throw notOurs('one of its arrays has no type or no length');
    }
    const ArrayType = arrayTypes[type as ArrayName];
    const from = this.position;
    const end = from + length * ArrayType.BYTES_PER_ELEMENT;
    this.position = aligned(end);
    if (this.position > this.bytes.byteLength) throw notOurs('it is too short for its arrays');
    const start = this.bytes.byteOffset + from;
    if (start % ArrayType.BYTES_PER_ELEMENT === 0)
      return new ArrayType(this.bytes.buffer as ArrayBuffer, start, length);
    return new ArrayType(this.bytes.slice(from, end).buffer as ArrayBuffer, 0, length);
  }
}

/** A TextDecoder of a browser does not read shared memory, so the text is a copy. */
function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(json));
  } catch {
    throw notOurs('its text is not JSON');
  }
}

function notOurs(why: string): TfjsHessianError {
  return new TfjsHessianError(`The bytes are not a message of tfjs-hessian: ${why}.`);
}

function newBuffer(bytes: number, shared: boolean): ArrayBufferLike {
  return shared && typeof SharedArrayBuffer === 'function' ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

function nameOf(array: ArrayBufferView): ArrayName {
  const name = array.constructor.name;
  if (Object.hasOwn(arrayTypes, name)) return name as ArrayName;
  // Node's Buffer is one, too.
  if (array instanceof Uint8Array) return 'Uint8Array';
  throw new TfjsHessianError(`A message cannot hold a ${name}; it holds ${Object.keys(arrayTypes).join(', ')}.`);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
