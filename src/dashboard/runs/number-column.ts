/** Numbers that are added one after the other, in eight bytes each; NaN stands for what there is not. */
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

  /** NaN beyond the end, too. */
  at(index: number): number {
    return index < this.count ? this.values[index]! : Number.NaN;
  }

  /** The first place whose number is at least this one, of a column that ascends; its length where there is none. */
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
