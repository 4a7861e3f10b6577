/** What every part gets. */
export interface PartArgs {
  /** Writes the part's record, as far as it is known. */
  readonly save: (record: unknown) => void;
  readonly say: (line: string) => void;
  /** Milliseconds for one measurement. */
  readonly budget: number;
  /** The share of a batch that is used, for trials on a CPU. */
  readonly scale: number;
  /** Rows of the large matrix product. */
  readonly size: number;
  /** A folder for the files that PyTorch reads. */
  readonly subjects: string;
  /** The lines of `tfjs-hessian doctor`. */
  readonly doctor: () => string[];
  /** Of `exact`: uses every n-th reference network only. */
  readonly every: number;
  /** Of `speed`: the measurements to make, by the beginnings of their names; all if empty. */
  readonly measures: readonly string[];
}
