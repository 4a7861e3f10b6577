/** A growing list of float64 numbers; NaN means no value. */
export class NumberColumn {
  private values = new Float64Array(16);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(value: number | null | undefined): void {
    if (this.count === this.values.length) {
      const longer = new Float64Array(2 * this.count);
      longer.set(this.values);
      this.values = longer;
    }
    this.values[this.count++] = value ?? Number.NaN;
  }

  /** The number at an index; NaN beyond the end. */
  at(index: number): number {
    return index < this.count ? this.values[index]! : Number.NaN;
  }

  /** The index of the first number of at least `value` in an ascending column; its length if there is none. */
  firstAtLeast(value: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.values[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
