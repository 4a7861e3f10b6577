const CHUNK = 4096;
/** The number of full chunks, beside the newest one, that keep all digits. */
const EXACT_CHUNKS = 1;

/** The range in which float32 has seven digits. */
const LEAST = 1.2e-38;
const MOST = 3.4e38;

/** Numbers, or one number if all of the chunk are that one. */
type Chunk = number | Float64Array | Float32Array;

/**
 * A growing list of numbers; NaN means no value.
 *
 * All digits of at least the newest 4,096 numbers are kept, and seven digits of earlier ones, so that a long run takes half the
 * memory. With `isExact`, all digits of all numbers are kept. Numbers that do not change, or were not measured, take next to none.
 */
export class NumberColumn {
  private readonly chunks: Chunk[] = [];
  private count = 0;
  /** The array of a chunk that is kept in another one, for the next chunk. */
  private spare: Float64Array | null = null;

  constructor(private readonly isExact = false) {}

  get length(): number {
    return this.count;
  }

  push(value: number | null | undefined): void {
    const number = value ?? Number.NaN;
    const last = Math.floor(this.count / CHUNK);
    const at = this.count % CHUNK;
    if (at === 0) {
      this.chunks.push(number);
      const old = last - 1 - EXACT_CHUNKS;
      if (old >= 0 && !this.isExact) this.shorten(old);
    } else {
      this.put(last, at, number);
    }
    this.count++;
  }

  /** The number at an index; NaN beyond the ends. */
  at(index: number): number {
    if (!(index >= 0 && index < this.count)) return Number.NaN;
    const chunk = this.chunks[Math.floor(index / CHUNK)]!;
    return typeof chunk === 'number' ? chunk : chunk[index % CHUNK]!;
  }

  /** Puts a number after the first `count` ones of a chunk. */
  private put(place: number, count: number, number: number): void {
    const chunk = this.chunks[place]!;
    if (typeof chunk === 'number' && Object.is(chunk, number)) return;
    if (typeof chunk !== 'number' && count < chunk.length) {
      chunk[count] = number;
      return;
    }
    // It grows, since most runs are short.
    const grown = this.spare ?? new Float64Array(Math.min(CHUNK, Math.max(16, 2 * count)));
    this.spare = null;
    if (typeof chunk === 'number') grown.fill(chunk, 0, count);
    else grown.set(chunk);
    grown[count] = number;
    this.chunks[place] = grown;
  }

  private shorten(place: number): void {
    const chunk = this.chunks[place]!;
    const short = shortened(chunk);
    if (chunk instanceof Float64Array && short !== chunk) this.spare = chunk;
    this.chunks[place] = short;
  }

  /** The index of the first number of at least `value` in an ascending column; its length if there is none. */
  firstAtLeast(value: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** As float32, if no number is too large or too small for that. */
function shortened(chunk: Chunk): Chunk {
  if (typeof chunk === 'number') return chunk;
  const fits = chunk.every(value => {
    const size = Math.abs(value);
    return !(size > 0) || (size >= LEAST && size <= MOST);
  });
  return fits ? Float32Array.from(chunk) : chunk;
}
