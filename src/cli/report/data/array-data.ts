/** Numbers and their shape: what a data file holds, before it becomes a tensor. */
export interface ArrayData {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** The inputs and targets of a data file, in the model's order. */
export interface DataSet {
  readonly x: ArrayData[];
  readonly y: ArrayData[];
}

/** What a data file has, by name; others than those that are asked for may be anything. */
export type NamedArrays = ReadonlyMap<string, () => ArrayData>;
