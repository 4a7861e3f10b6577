/** Numbers with their shape, from a data file. */
export interface ArrayData {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** The inputs and targets of a data file, in the order of the model. */
export interface DataSet {
  readonly x: ArrayData[];
  readonly y: ArrayData[];
}

/** The arrays of a data file by name. Each is parsed when it is asked for; arrays that are not used may be of any type. */
export type NamedArrays = ReadonlyMap<string, () => ArrayData>;
