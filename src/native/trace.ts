import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {
  type NativeBackend,
  type NativeBinding,
  type NativeTensor,
  replaceBackendParts,
} from '../tfjs-internals/node/backend.js';
import type {Constant, NativeOp, OpList, Value} from './op-list.js';

/** A function's results, and its ops; `null` where they do not tell what the function does. */
export interface Traced {
  readonly outputs: readonly Tensor[];
  readonly ops: OpList | null;
}

const tracing = new WeakSet<NativeBackend>();

/**
 * Runs a function and writes down the ops that it runs on the native engine.
 *
 * Which ops those are must not depend on the inputs' numbers. A function that reads numbers back that depend on them cannot
 * promise that: its ops are `null`.
 *
 * @param body makes tensors of the inputs. What it keeps beyond its end counts as held for as long as the ops are run.
 */
export function traceOps(backend: NativeBackend, inputs: readonly Tensor[], body: () => readonly Tensor[]): Traced {
  if (tracing.has(backend)) return {outputs: body(), ops: null};
  const {binding} = backend;
  const given = backend.getInputTensorIds(inputs);
  const trace = new Trace(
    binding,
    given.map((id, i) => [id, described(backend, inputs[i]!)] as const),
  );
  const {getInputTensorIds} = backend;
  tracing.add(backend);
  const restore = replaceBackendParts(backend, {
    binding: trace.listening(),
    getInputTensorIds: tensors => {
      const ids = getInputTensorIds.call(backend, tensors);
      // Numbers of 64 bits are no tensors of TensorFlow.js: the backend makes them as it hands them over.
      ids.forEach((id, i) => {
        if ('dataId' in tensors[i]!) trace.see(id, () => described(backend, tensors[i]!));
      });
      return ids;
    },
  });
  let outputs: readonly Tensor[] | undefined;
  try {
    outputs = body();
  } finally {
    restore();
    tracing.delete(backend);
    if (outputs === undefined) trace.giveUp();
  }
  return {outputs, ops: trace.end(backend.getInputTensorIds(outputs))};
}

function described(backend: NativeBackend, {dataId}: TensorInfo): Value {
  const {shape, dtype} = backend.tensorMap.get(dataId);
  return {shape: [...shape], dtype};
}

class Trace {
  private readonly values = new Map<number, Value>();
  private readonly inputs: readonly Value[];
  private readonly ops: NativeOp[] = [];
  private readonly constants = new Map<Value, Constant>();
  private readonly varying: Set<Value>;
  /** What JavaScript has made on the way. */
  private readonly written = new Map<number, Value>();
  /** … and has thrown away since: the ops still read it. */
  private readonly adopted: number[] = [];
  private readonly gone = new Set<number>();
  private valid = true;

  constructor(
    private readonly binding: NativeBinding,
    inputs: readonly (readonly [id: number, value: Value])[],
  ) {
    for (const [id, value] of inputs) this.values.set(id, value);
    this.inputs = inputs.map(([, value]) => value);
    // One tensor given twice is one value: which of the two an op reads cannot be told.
    if (this.values.size < inputs.length) this.valid = false;
    this.varying = new Set(this.inputs);
  }

  /** The binding, with somebody who listens. */
  listening(): NativeBinding {
    const {binding} = this;
    const heard: Partial<NativeBinding> = {
      executeOp: (name, attributes, inputs, count) => {
        const made = binding.executeOp(name, attributes, inputs, count);
        this.add(name, attributes, inputs, made);
        return made;
      },
      createTensor: (shape, dtype, values) => {
        const id = binding.createTensor(shape, dtype, values);
        this.write(id, {shape: [...shape], dtype}, values);
        return id;
      },
      deleteTensor: id => {
        if (this.written.has(id)) {
          this.adopted.push(id);
          return;
        }
        this.gone.add(id);
        binding.deleteTensor(id);
      },
      tensorDataSync: id => {
        // Kernels may read constants: indices, to check them.
        const value = this.values.get(id);
        if (value !== undefined && this.varying.has(value)) this.valid = false;
        return binding.tensorDataSync(id);
      },
      runSavedModel: (...args) => {
        this.valid = false;
        return binding.runSavedModel(...args);
      },
    };
    return Object.create(binding, Object.getOwnPropertyDescriptors(heard)) as NativeBinding;
  }

  /** A tensor that is about to be read. */
  see(id: number, describe: () => Value): void {
    if (this.values.has(id)) return;
    const value = describe();
    this.values.set(id, value);
    this.constants.set(value, {id, owned: false});
  }

  /** @param results where the function's results lie. */
  end(results: readonly number[]): OpList | null {
    const outputs = results.map(id => this.values.get(id));
    const ids = new Map([...this.values].map(([id, value]) => [value, id]));
    for (const {inputs, outputs} of this.ops) {
      // What others have made of constants and hold is a constant in its turn.
      if (inputs.some(value => this.varying.has(value))) continue;
      for (const value of outputs) {
        const id = ids.get(value)!;
        if (!this.gone.has(id)) this.constants.set(value, {id, owned: false});
      }
    }
    // A constant that was there before and is no more would be missed.
    const lost = [...this.constants.values()].some(({id}) => this.gone.has(id));
    // A result is a tensor of its own that depends on the inputs.
    const apart = new Set(outputs).size === outputs.length;
    const made = outputs.every(value => value && this.varying.has(value) && !this.inputs.includes(value));
    if (!this.valid || lost || !apart || !made) {
      this.giveUp();
      return null;
    }
    const adopted = new Set(this.adopted);
    for (const [value, constant] of this.constants) {
      if (adopted.has(constant.id)) this.constants.set(value, {...constant, owned: true});
    }
    return {inputs: this.inputs, outputs: outputs as Value[], ops: this.ops, constants: this.constants};
  }

  giveUp(): void {
    for (const id of this.adopted.splice(0)) this.binding.deleteTensor(id);
  }

  private add(
    name: string,
    attributes: NativeOp['attributes'],
    inputs: readonly number[],
    made: readonly NativeTensor[],
  ): void {
    const read = inputs.map(id => this.values.get(id));
    const outputs = made.map(({shape, dtype}): Value => ({shape: [...shape], dtype}));
    made.forEach(({id}, i) => {
      this.values.set(id, outputs[i]!);
    });
    if (read.includes(undefined)) {
      this.valid = false;
      return;
    }
    const op: NativeOp = {name, attributes: attributes.map(a => ({...a})), inputs: read as Value[], outputs};
    this.ops.push(op);
    if (op.inputs.some(value => this.varying.has(value))) for (const value of outputs) this.varying.add(value);
  }

  private write(id: number, value: Value, values: ArrayLike<number>): void {
    const {TF_INT32, TF_INT64} = this.binding;
    this.values.set(id, value);
    this.written.set(id, value);
    const isWhole = value.dtype === TF_INT32 || value.dtype === TF_INT64;
    this.constants.set(value, {id, owned: false, ...(isWhole && {words: Array.from(values)})});
  }
}
