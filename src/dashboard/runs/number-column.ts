const CHUNK = 4096;
/** The number of full chunks, beside the newest one, that keep all digits. */
const EXACT_CHUNKS = 4;

/** The range in which float32 has seven digits. */
const LEAST = 1.2e-38;
const MOST = 3.4e38;

/**
 * A growing list of numbers; NaN means no value.
 *
 * All digits of at least the newest 16,384 numbers are kept, and seven digits of earlier ones, so that a long run takes half the
 * memory. With `isExact`, all digits of all numbers are kept.
 */
export class NumberColumn {
  private readonly chunks: (Float64Array | Float32Array)[] = [];
  private count = 0;

  constructor(private readonly isExact = false) {}

  get length(): number {
    return this.count;
  }

  push(value: number | null | undefined): void {
    const last = Math.floor(this.count / CHUNK);
    const at = this.count % CHUNK;
    const chunk = this.chunks[last];
    if (chunk === undefined) {
      // The first chunk grows, since most runs are short.
      this.chunks.push(new Float64Array(last === 0 ? 16 : CHUNK));
      const old = last - 1 - EXACT_CHUNKS;
      if (old >= 0 && !this.isExact) this.chunks[old] = shortened(this.chunks[old]!);
    } else if (at === chunk.length) {
      const longer = new Float64Array(2 * at);
      longer.set(chunk);
      this.chunks[last] = longer;
    }
    this.chunks[last]![at] = value ?? Number.NaN;
    this.count++;
  }

  /** The number at an index; NaN beyond the ends. */
  at(index: number): number {
    return index >= 0 && index < this.count ? this.chunks[Math.floor(index / CHUNK)]![index % CHUNK]! : Number.NaN;
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
function shortened(chunk: Float64Array | Float32Array): Float64Array | Float32Array {
  const fits = chunk.every(value => {
    const size = Math.abs(value);
    return !(size > 0) || (size >= LEAST && size <= MOST);
  });
  return fits ? Float32Array.from(chunk) : chunk;
}
