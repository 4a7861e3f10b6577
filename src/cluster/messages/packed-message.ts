// Plain data with tensors as bytes: a header that says what it is, its JSON, then the values of the tensors.
//
//   "TFHS" | version, uint32 | length of the JSON, uint32 | JSON, padded with spaces to 8 bytes | values, each padded to 8 bytes
//
// All numbers are little-endian. Nothing in a message is run.
import {ClusterError} from '../../errors.js';
import {isPackedTensor, type PackedTensor} from '../../model/sent/packed-tensors.js';
import {fromExactJson, toExactJson} from './exact-json.js';

/** The version of all messages between trainings and workers. */
export const FORMAT = 1;

const MAGIC = 'TFHS';
const START = 12;

const arrays = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/** In the JSON, in place of a tensor. */
interface Reference {
  readonly $tensor: readonly [dtype: keyof typeof arrays, shape: readonly number[]];
}

/**
 * Packs plain data with tensors.
 *
 * @throws ClusterError for tensors of other types than float32, int32 and bool.
 */
export function packMessage(data: object): Buffer {
  const tensors: PackedTensor[] = [];
  const json = toExactJson(withReferences(data, tensors));
  const text = Buffer.from(json.padEnd(json.length + padding(START + Buffer.byteLength(json))));
  const head = Buffer.alloc(START);
  head.write(MAGIC, 'latin1');
  head.writeUInt32LE(FORMAT, 4);
  head.writeUInt32LE(text.length, 8);
  const parts: Uint8Array[] = [head, text];
  for (const {values} of tensors) {
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    parts.push(new Uint8Array(padding(values.byteLength)));
  }
  return Buffer.concat(parts);
}

function padding(bytes: number): number {
  return (8 - (bytes % 8)) % 8;
}

function withReferences(value: unknown, tensors: PackedTensor[]): unknown {
  if (isPackedTensor(value)) {
    const {dtype, shape} = value;
    if (!Object.hasOwn(arrays, dtype)) {
      throw new ClusterError(
        `A tensor of type ${dtype} cannot be sent to a worker; there are float32, int32 and bool.`,
      );
    }
    tensors.push(value);
    return {$tensor: [dtype, shape]};
  }
  if (Array.isArray(value)) return value.map(each => withReferences(each, tensors));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withReferences(each, tensors)]));
}

/**
 * Unpacks a message.
 *
 * @throws ClusterError for bytes that are not a message of this version, with what is wrong.
 */
export function unpackMessage(bytes: Buffer): unknown {
  if (bytes.length < START || bytes.toString('latin1', 0, 4) !== MAGIC) throw notOurs('it does not begin as one');
  const version = bytes.readUInt32LE(4);
  if (version !== FORMAT) {
    throw new ClusterError(
      `The message has version ${version}, and this version of tfjs-hessian reads version ${FORMAT}; install the same one on all machines.`,
    );
  }
  const length = bytes.readUInt32LE(8);
  if (START + length > bytes.length) throw notOurs('it is too short for its text');
  let data: unknown;
  try {
    data = fromExactJson(bytes.toString('utf8', START, START + length));
  } catch {
    throw notOurs('its text is not JSON');
  }
  const reader = new Reader(bytes, START + length);
  const whole = withTensors(data, reader, 0);
  if (reader.position !== bytes.length) throw notOurs('it has more bytes than its tensors');
  return whole;
}

function notOurs(why: string): ClusterError {
  return new ClusterError(`The message is not one of tfjs-hessian: ${why}.`);
}

/** Takes the values of the tensors in their order. */
class Reader {
  constructor(
    private readonly bytes: Buffer,
    public position: number,
  ) {}

  take(dtype: keyof typeof arrays, shape: readonly number[]): PackedTensor {
    const Values = arrays[dtype];
    const size = shape.reduce((product, length) => product * length, 1) * Values.BYTES_PER_ELEMENT;
    const end = this.position + size;
    const next = end + padding(size);
    if (!(next <= this.bytes.length)) throw notOurs('it is too short for its tensors');
    // A copy: the bytes need not lie at a multiple of four.
    const copy = new Uint8Array(this.bytes.subarray(this.position, end));
    this.position = next;
    return {dtype, shape: [...shape], values: new Values(copy.buffer)};
  }
}

const DEEPEST = 20;

function withTensors(value: unknown, reader: Reader, depth: number): unknown {
  if (depth > DEEPEST) throw notOurs('its text is nested too deeply');
  if (Array.isArray(value)) return value.map(each => withTensors(each, reader, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  if (isReference(value)) return reader.take(...value.$tensor);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withTensors(each, reader, depth + 1)]));
}

function isReference(value: object): value is Reference {
  const {$tensor} = value as Partial<Reference>;
  if (!Array.isArray($tensor) || $tensor.length !== 2) return false;
  const [dtype, shape] = $tensor as readonly [unknown, unknown];
  return (
    typeof dtype === 'string' &&
    Object.hasOwn(arrays, dtype) &&
    Array.isArray(shape) &&
    shape.length <= 6 &&
    shape.every(length => Number.isSafeInteger(length) && length >= 0)
  );
}
