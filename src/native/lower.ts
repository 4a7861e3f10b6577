import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import type {Value} from '../graph/graph.js';
import {interceptKernels} from '../tfjs-internals/core/kernels.js';
import {
  type NativeBackend,
  type NativeBinding,
  type NativeTensor,
  type OpAttribute,
  replaceBackendParts,
} from '../tfjs-internals/node/backend.js';
import {isGraphFunction} from './graph-function.js';
import {withInferredTypes} from './inferred-types.js';
import type {NativeFunction, NativeNode} from './native-op.js';
import {dtypeName, NativeConstants} from './native-op.js';

/** A function's results, and its ops; `null` if they do not define the function. */
export interface Lowered {
  readonly outputs: readonly Tensor[];
  readonly lowered: NativeFunction | null;
}

const lowering = new WeakSet<NativeBackend>();

/** Makes a tensor that the function has made by JavaScript, and that no op has read yet, the next input. */
export type AddInput = (tensor: Tensor) => void;

/**
 * Runs a function of tensors and lowers it to the TensorFlow ops that it runs on the native engine.
 *
 * The ops must not depend on the numbers in the inputs. So a function that reads numbers which depend on its inputs is not
 * lowered.
 *
 * @param body computes the outputs from the inputs. Tensors that it keeps must be held as long as the ops are used.
 */
export function lower(
  backend: NativeBackend,
  inputs: readonly Tensor[],
  body: (addInput: AddInput) => readonly Tensor[],
): Lowered {
  if (lowering.has(backend)) return {outputs: body(() => {}), lowered: null};
  const {binding, getInputTensorIds} = backend;
  const given = backend.getInputTensorIds(inputs);
  let kernel = '';
  const capture = new OpCapture(
    binding,
    // While it runs, it reads its indices only to check their range. TensorFlow checks that too, except on a GPU.
    () => kernel === 'GatherV2' && !backend.isUsingGpuDevice,
    given.map((id, i) => [id, described(backend, inputs[i]!)] as const),
  );
  lowering.add(backend);
  const restoreKernels = interceptKernels((name, run) => {
    kernel = name;
    try {
      return run();
    } finally {
      kernel = '';
    }
  });
  const restore = replaceBackendParts(backend, {
    binding: capture.listeningBinding(),
    getInputTensorIds: tensors => {
      const ids = getInputTensorIds.call(backend, tensors);
      // 64-bit integers are not tensors of TensorFlow.js: the backend makes them when it passes them to an op.
      ids.forEach((id, i) => {
        if ('dataId' in tensors[i]!) capture.see(id, () => described(backend, tensors[i]!));
      });
      return ids;
    },
  });
  let outputs: readonly Tensor[] | undefined;
  try {
    outputs = body(tensor => capture.addInput(backend.getInputTensorIds([tensor])[0]!, described(backend, tensor)));
  } finally {
    restore();
    restoreKernels();
    lowering.delete(backend);
    if (outputs === undefined) capture.release();
  }
  return {outputs, lowered: capture.end(backend.getInputTensorIds(outputs))};
}

function described(backend: NativeBackend, {dataId}: TensorInfo): Value {
  const {shape, dtype} = backend.tensorMap.get(dataId);
  return {shape: [...shape], dtype: dtypeName(dtype)};
}

/** Collects the ops that run, and the tensors that they read and make. */
class OpCapture {
  private readonly values = new Map<number, Value>();
  private readonly inputs: Value[];
  private readonly nodes: NativeNode[] = [];
  private readonly constants = new Map<Value, number>();
  private readonly varying: Set<Value>;
  /** Tensors made by JavaScript. */
  private readonly written = new Set<number>();
  /** Tensors made and disposed of by JavaScript; they are kept, since the ops read them. */
  private readonly adopted = new Set<number>();
  private readonly gone = new Set<number>();
  private isValid = true;

  constructor(
    private readonly binding: NativeBinding,
    private readonly mayRead: () => boolean,
    inputs: readonly (readonly [id: number, value: Value])[],
  ) {
    for (const [id, value] of inputs) this.values.set(id, value);
    this.inputs = inputs.map(([, value]) => value);
    // If one tensor is given twice, it is unknown which of the two inputs an op reads.
    if (this.values.size < inputs.length) this.isValid = false;
    this.varying = new Set(this.inputs);
  }

  /** The binding, with calls reported to this object. */
  listeningBinding(): NativeBinding {
    const {binding} = this;
    const heard: Partial<NativeBinding> = {
      executeOp: (name, attributes, inputs, count) => {
        // A graph that runs like an op may be unloaded before the function that is lowered here.
        if (isGraphFunction(name)) this.isValid = false;
        const made = binding.executeOp(name, attributes, inputs, count);
        this.add(name, attributes, inputs, made);
        return made;
      },
      createTensor: (shape, dtype, values) => {
        const id = binding.createTensor(shape, dtype, values);
        this.write(id, shape, dtypeName(dtype), values);
        return id;
      },
      deleteTensor: id => {
        if (this.written.has(id)) {
          this.adopted.add(id);
          return;
        }
        this.gone.add(id);
        binding.deleteTensor(id);
      },
      tensorDataSync: id => {
        // Numbers that do not depend on the inputs may be read.
        const value = this.values.get(id);
        if (value !== undefined && this.varying.has(value) && !this.mayRead()) this.isValid = false;
        return binding.tensorDataSync(id);
      },
      runSavedModel: (...args) => {
        this.isValid = false;
        return binding.runSavedModel(...args);
      },
    };
    return Object.create(binding, Object.getOwnPropertyDescriptors(heard)) as NativeBinding;
  }

  /** Registers a tensor that JavaScript has made as an input. */
  addInput(id: number, value: Value): void {
    const before = this.values.get(id);
    if (before !== undefined) this.constants.delete(before);
    this.written.delete(id);
    this.values.set(id, value);
    this.inputs.push(value);
    this.varying.add(value);
  }

  /** Registers a tensor that an op is about to read. */
  see(id: number, describe: () => Value): void {
    if (this.values.has(id)) return;
    const value = describe();
    this.values.set(id, value);
    this.constants.set(value, id);
  }

  /** @param results the ids of the function's results. */
  end(results: readonly number[]): NativeFunction | null {
    const outputs = results.map(id => this.values.get(id));
    const ids = new Map([...this.values].map(([id, value]) => [value, id]));
    for (const {inputs, outputs} of this.nodes) {
      // A value that is computed from constants and still held is a constant too.
      if (inputs.some(value => this.varying.has(value))) continue;
      for (const value of outputs) if (!this.gone.has(ids.get(value)!)) this.constants.set(value, ids.get(value)!);
    }
    // A constant from before the call that has been disposed of makes the ops unusable.
    const isLost = [...this.constants.values()].some(id => this.gone.has(id));
    // Each output must be a separate tensor that depends on the inputs.
    const isDistinct = new Set(outputs).size === outputs.length;
    const isFunction = outputs.every(value => value && this.varying.has(value) && !this.inputs.includes(value));
    if (!this.isValid || isLost || !isDistinct || !isFunction) {
      this.release();
      return null;
    }
    const constants = new NativeConstants(this.binding);
    for (const [value, id] of this.constants) constants.add(value, id, this.adopted.has(id));
    const nodes = this.nodes.filter(node => !node.outputs.every(value => this.constants.has(value)));
    const graph = {inputs: this.inputs, nodes, outputs: outputs as Value[], constants: [...this.constants.keys()]};
    return {graph, constants};
  }

  release(): void {
    for (const id of this.adopted) this.binding.deleteTensor(id);
    this.adopted.clear();
  }

  private add(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    made: readonly NativeTensor[],
  ): void {
    const read = inputs.map(id => this.values.get(id));
    const outputs = made.map(({shape, dtype}): Value => ({shape: [...shape], dtype: dtypeName(dtype)}));
    made.forEach(({id}, i) => {
      this.values.set(id, outputs[i]!);
    });
    if (read.includes(undefined)) {
      this.isValid = false;
      return;
    }
    const operands = read as Value[];
    const op = {name, attributes: withInferredTypes(name, attributes, operands, this.binding)};
    const node: NativeNode = {op, inputs: operands, outputs};
    this.nodes.push(node);
    if (node.inputs.some(value => this.varying.has(value))) for (const value of outputs) this.varying.add(value);
  }

  private write(id: number, shape: readonly number[], dtype: string, values: ArrayLike<number>): void {
    const isWhole = dtype === 'int32' || dtype === 'int64';
    const value: Value = {shape: [...shape], dtype, ...(isWhole && {literal: Array.from(values)})};
    this.values.set(id, value);
    this.written.add(id);
    this.constants.set(value, id);
  }
}
