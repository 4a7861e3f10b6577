import type {NativeBinding, NativeTensor, OpAttribute} from '../tfjs-internals/node/backend.js';
import type {OpList, Value} from './op-list.js';

interface ReplayedOp {
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  /** Places of tensors. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** What nobody reads after this op. */
  readonly last: readonly number[];
}

/**
 * Runs a list's ops one by one, straight through the addon: without the kernels, tensors and scopes of TensorFlow.js, which
 * take as long as a small op itself.
 *
 * @returns a function from where the inputs lie to where the outputs lie, which the caller owns.
 */
export function replayer(list: OpList, binding: NativeBinding): (inputs: readonly number[]) => NativeTensor[] {
  const places = new Map<Value, number>();
  const place = (value: Value): number => {
    let at = places.get(value);
    if (at === undefined) {
      at = places.size;
      places.set(value, at);
    }
    return at;
  };
  const given = list.inputs.map(place);
  const constant = [...list.constants].map(([value, {id}]) => [place(value), id] as const);
  const unowned = new Set([...given, ...constant.map(([at]) => at)]);
  const read = new Set(list.outputs.map(place));
  const ops = [...list.ops]
    .reverse()
    .map(({name, attributes, ...op}): ReplayedOp => {
      const [inputs, outputs] = [op.inputs.map(place), op.outputs.map(place)];
      const last = [...new Set([...inputs, ...outputs])].filter(at => !read.has(at) && !unowned.has(at));
      for (const at of inputs) read.add(at);
      return {name, attributes, inputs, outputs, last};
    })
    .reverse();
  const results = new Map(list.outputs.map((value, i) => [place(value), i] as const));

  return inputs => {
    const ids = new Array<number>(places.size).fill(-1);
    for (const [at, id] of constant) ids[at] = id;
    given.forEach((at, i) => {
      ids[at] = inputs[i]!;
    });
    const made = new Array<NativeTensor>(results.size);
    let done = 0;
    try {
      for (const {name, attributes, inputs, outputs, last} of ops) {
        const operands = new Array<number>(inputs.length);
        for (let i = 0; i < inputs.length; i++) operands[i] = ids[inputs[i]!]!;
        const tensors = binding.executeOp(name, attributes, operands, outputs.length);
        for (let i = 0; i < outputs.length; i++) {
          ids[outputs[i]!] = tensors[i]!.id;
          const result = results.get(outputs[i]!);
          if (result !== undefined) made[result] = tensors[i]!;
        }
        for (const at of last) binding.deleteTensor(ids[at]!);
        done++;
      }
    } catch (error) {
      // What the ops before have made and no op has been the last to read.
      const deleted = new Set(ops.slice(0, done).flatMap(({last}) => last));
      for (const at of new Set(ops.slice(0, done).flatMap(({outputs}) => outputs))) {
        if (!deleted.has(at)) binding.deleteTensor(ids[at]!);
      }
      throw error;
    }
    return made;
  };
}
