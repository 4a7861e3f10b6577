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

/** The arrays of a data file by name. Each is read when it is asked for; arrays that are not used may be of any type and size. */
export type NamedArrays = ReadonlyMap<string, () => ArrayData | Promise<ArrayData>>;

/** The number of values of a shape; `null` if it is not a shape. */
export function sizeOf(shape: readonly unknown[]): number | null {
  const isShape = shape.every(n => Number.isSafeInteger(n) && (n as number) >= 0);
  return isShape ? (shape as readonly number[]).reduce((product, n) => product * n, 1) : null;
}
