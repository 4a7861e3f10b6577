/** Bytes of models, batches, vectors and sums through Redis, with those that workers wrote and read. */
export class Traffic {
  written = 0;
  read = 0;

  /** @param whole what it is a part of. */
  constructor(private readonly whole: Traffic | null = null) {}

  count(way: 'written' | 'read', bytes: number): void {
    this[way] += bytes;
    this.whole?.count(way, bytes);
  }
}
