import type {Row, RowBasis} from './row-basis.js';
import {type Precision, type SimdExports, simdModule, VECTOR} from './simd-module.js';

const PAGE = 65_536;

/** Rows of a chunk. */
const FOUR = 4;

/**
 * Orthonormal vectors in the memory of a WebAssembly module, which multiplies four of them at a time. It owns that memory.
 *
 * Use it only where `isSupported`.
 */
export class SimdRows implements RowBasis {
  length = 0;
  private readonly simd: SimdExports;
  private isDisposed = false;
  /** The bytes of a row: those of its numbers, and zeros. */
  private readonly stride: number;
  /** The addresses of chunks of four rows. Rows that are not there yet are zero. */
  private chunks: number[] = [];
  private free: number[] = [];
  /** Where the next chunk begins. */
  private top: number;

  /** Whether JavaScript's engine has the instructions. */
  static isSupported(precision: Precision): boolean {
    return moduleFor(precision) !== null;
  }

  constructor(
    readonly size: number,
    private readonly precision: Precision,
  ) {
    this.simd = takeInstance(precision);
    const bytes = size * (precision === 'float32' ? 4 : 8);
    this.stride = Math.ceil(bytes / VECTOR) * VECTOR;
    // Four coefficients and the vector that is worked on come first.
    this.top = COEFFICIENTS + FOUR * 8 + this.stride;
    this.reserve();
    this.at(WORK + bytes, this.stride - bytes).fill(0);
  }

  vector(numbers?: ArrayLike<number>): Row {
    const {size} = this;
    const kind = this.precision === 'float32' ? Float32Array : Float64Array;
    return numbers === undefined ? new kind(size) : new kind(numbers);
  }

  append(vector: Row): void {
    const place = this.length % FOUR;
    if (place === 0) this.chunks.push(this.newChunk());
    this.row(this.chunks.at(-1)! + place * this.stride).set(vector);
    this.length++;
  }

  removeOnce(w: Row, from = 0): number[] {
    const removed: number[] = [];
    this.row(WORK).set(w);
    for (let chunk = Math.floor(from / FOUR); chunk < this.chunks.length; chunk++) {
      this.simd.dots(WORK, this.chunks[chunk]!, this.stride, this.stride, COEFFICIENTS);
      const c = this.coefficients();
      for (let k = 0; k < FOUR; k++) {
        if (chunk * FOUR + k < from) c[k] = 0;
        else removed.push(c[k]!);
      }
      this.simd.subtract(WORK, this.chunks[chunk]!, this.stride, this.stride, COEFFICIENTS);
    }
    w.set(this.row(WORK));
    removed.length = this.length - from;
    return removed;
  }

  scale(w: Row, factor: number): void {
    this.row(WORK).set(w);
    this.coefficients()[0] = factor;
    this.simd.scale(WORK, 0, 0, this.stride, COEFFICIENTS);
    w.set(this.row(WORK));
  }

  squaredNorm(w: Row): number {
    this.row(WORK).set(w);
    this.simd.dots(WORK, WORK, 0, this.stride, COEFFICIENTS);
    return this.coefficients()[0]!;
  }

  combine(coefficients: readonly number[]): Row {
    this.row(WORK).fill(0);
    this.chunks.forEach((chunk, i) => {
      const c = this.coefficients();
      for (let k = 0; k < FOUR; k++) c[k] = -(coefficients[i * FOUR + k] ?? 0);
      this.simd.subtract(WORK, chunk, this.stride, this.stride, COEFFICIENTS);
    });
    return this.row(WORK).slice();
  }

  rotate(coefficients: readonly (readonly number[])[]): void {
    const rows = coefficients.map(row => this.combine(row));
    this.free.push(...this.chunks);
    this.chunks = [];
    this.length = 0;
    for (const row of rows) this.append(row);
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    giveBack(this.precision, this.simd);
  }

  /** A chunk of zeros. */
  private newChunk(): number {
    let chunk = this.free.pop();
    if (chunk === undefined) {
      chunk = this.top;
      this.top += FOUR * this.stride;
      this.reserve();
    }
    this.at(chunk, FOUR * this.stride).fill(0);
    return chunk;
  }

  /** Makes the memory large enough; it may move. */
  private reserve(): void {
    const {memory} = this.simd;
    const missing = this.top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  }

  private at(address: number, bytes: number): Uint8Array {
    return new Uint8Array(this.simd.memory.buffer, address, bytes);
  }

  private row(address: number): Row {
    const {buffer} = this.simd.memory;
    return this.precision === 'float32'
      ? new Float32Array(buffer, address, this.size)
      : new Float64Array(buffer, address, this.size);
  }

  private coefficients(): Float64Array {
    return new Float64Array(this.simd.memory.buffer, COEFFICIENTS, FOUR);
  }
}

/** Addresses. */
const COEFFICIENTS = 0;
const WORK = COEFFICIENTS + FOUR * 8;

/** Instances that are not in use: each reserves address space, which is freed late. */
const idle: Record<Precision, SimdExports[]> = {float32: [], float64: []};
const modules = new Map<Precision, WebAssembly.Module | null>();

/** An instance with more memory than this is not kept for the next basis. */
const MOST_BYTES = 64 * 2 ** 20;

/** The most instances of a precision that are kept. */
const MOST_IDLE = 4;

function moduleFor(precision: Precision): WebAssembly.Module | null {
  const known = modules.get(precision);
  const module = known === undefined ? simdModule(precision) : known;
  modules.set(precision, module);
  return module;
}

function takeInstance(precision: Precision): SimdExports {
  const known = idle[precision].pop();
  if (known !== undefined) return known;
  return new WebAssembly.Instance(moduleFor(precision)!).exports as WebAssembly.Exports & SimdExports;
}

function giveBack(precision: Precision, simd: SimdExports): void {
  const kept = idle[precision];
  if (kept.length < MOST_IDLE && simd.memory.buffer.byteLength <= MOST_BYTES) kept.push(simd);
}
