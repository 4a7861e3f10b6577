import type {Graph, Node, Value} from '../graph/graph.js';
import type {NativeBinding, OpAttribute} from '../tfjs-internals/node/backend.js';

/** One op of TensorFlow. */
export interface NativeOp {
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
}

export type NativeNode = Node<NativeOp>;
export type NativeGraph = Graph<NativeOp>;

/** A function of tensors as a graph of TensorFlow's ops, and its constants. */
export interface NativeFunction {
  readonly graph: NativeGraph;
  readonly constants: NativeConstants;
}

/** The tensors of a graph's constants, by id. Tensors that it does not own must be held by others while the graph is used. */
export class NativeConstants {
  private readonly owned = new Set<number>();

  constructor(
    private readonly binding: NativeBinding,
    private readonly ids = new Map<Value, number>(),
  ) {}

  idOf(value: Value): number {
    return this.ids.get(value)!;
  }

  add(value: Value, id: number, isOwned: boolean): void {
    this.ids.set(value, id);
    if (isOwned) this.owned.add(id);
  }

  /** Whether it disposes of the tensor of a constant. */
  owns(value: Value): boolean {
    return this.owned.has(this.idOf(value));
  }

  /** Disposes of the owned tensors, except the constants to keep. */
  release(kept: readonly Value[] = []): void {
    const keep = new Set(kept.map(value => this.idOf(value)));
    for (const id of this.owned) {
      if (keep.has(id)) continue;
      this.binding.deleteTensor(id);
      this.owned.delete(id);
    }
  }
}

/** TensorFlow's data types, by number. */
const DTYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'float64',
  3: 'int32',
  4: 'uint8',
  5: 'int16',
  6: 'int8',
  7: 'string',
  8: 'complex64',
  9: 'int64',
  10: 'bool',
};

export function dtypeName(number: number): string {
  return DTYPES[number] ?? `type ${number}`;
}

const NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries(DTYPES).map(([number, name]) => [name, Number(number)]),
);

export function dtypeNumber(name: string): number {
  return NUMBERS.get(name) ?? Number(name.slice('type '.length));
}
