import type {OpAttribute} from '../tfjs-internals/node/backend.js';

/** A tensor that ops read or make. Two values are the same if they are the same object. */
export interface Value {
  readonly shape: readonly number[];
  /** TensorFlow's number of the type. */
  readonly dtype: number;
}

/** One op of TensorFlow. */
export interface NativeOp {
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** A value that does not depend on the inputs. */
export interface Constant {
  readonly id: number;
  /** Whether the list must give it back; what it does not own is held by others for as long as the list is run. */
  readonly owned: boolean;
  /** Whole numbers that JavaScript made, shapes and axes for the most part, as words of 32 bits. */
  readonly words?: readonly number[];
}

/** What a function of tensors comes to on the native engine: ops in their order, whatever the inputs' numbers. */
export interface OpList {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly ops: readonly NativeOp[];
  readonly constants: ReadonlyMap<Value, Constant>;
}
