import type {Value} from '../graph/graph.js';
import type {NativeBinding} from '../tfjs-internals/node/backend.js';
import type {ConstantHolder, GraphDef} from './graph-def.js';
import {asItIs, placeholder} from './graph-def.js';
import type {Message} from './graph-messages.js';
import {inField, integers, node, shapeOf, typeOf} from './graph-messages.js';
import type {LoadedGraph} from './loaded-graph.js';
import {openSession} from './session.js';

/** A scalar that a run fetches to have assigned the variables; another to have destroyed them. */
const [ASSIGNED, DESTROYED] = ['assigned', 'destroyed'];

/** Has the constants of a graph as variables of its session, which are assigned once and are then on the session's device. */
export class Variables implements ConstantHolder {
  private readonly names: string[] = [];

  constant(name: string, value: Value, add: (node: Message) => void): string {
    this.names.push(name);
    const dtype = typeOf(value);
    const text: Message = writer => writer.writeStringField(2, name);
    const attributes = {shape: inField(7, shapeOf(value)), shared_name: text, dtype};
    add(placeholder(name, value));
    add(node(`${name}_variable`, 'VarHandleOp', [], attributes));
    add(node(`${name}_assign`, 'AssignVariableOp', [`${name}_variable`, name], {dtype}));
    add(node(`${name}_destroy`, 'DestroyResourceOp', [`${name}_variable`], {}));
    add(node(`${name}_read`, 'ReadVariableOp', [`${name}_variable`], {dtype, ...asItIs}));
    return `${name}_read`;
  }

  end(add: (node: Message) => void): void {
    for (const [after, step] of [
      [ASSIGNED, 'assign'],
      [DESTROYED, 'destroy'],
    ] as const) {
      const before = this.names.map(name => `^${name}_${step}`);
      add(node(after, 'Const', before, {dtype: typeOf(ONE), value: inField(8, integers(ONE, [1])), ...asItIs}));
    }
  }
}

const ONE = {shape: [], dtype: 'int32'} as const;

/**
 * Loads a graph as a session that holds the constants of one function at a time. Only inputs and outputs pass through the
 * host's memory.
 *
 * @param def written with {@link Variables}.
 * @throws FolderError if the temporary folder is not writable.
 */
export function loadSessionWithVariables(def: GraphDef, binding: NativeBinding): LoadedGraph {
  const session = openSession(def, binding);
  const [inputNames, constantNames, outputNames] = [def.inputNames, def.constantNames, def.outputNames].map(names =>
    names.join(),
  ) as [string, string, string];
  const fetch = (name: string, feeds: readonly number[], feedNames: string): void => {
    for (const {id} of binding.runSavedModel(session, feeds, feedNames, `${name}:0`)) binding.deleteTensor(id);
  };
  let isAssigned = def.constants.length === 0;
  return {
    run(inputs, constants) {
      if (!isAssigned) fetch(ASSIGNED, constants, constantNames);
      isAssigned = true;
      return binding.runSavedModel(session, inputs, inputNames, outputNames);
    },
    release() {
      if (isAssigned && def.constants.length > 0) fetch(DESTROYED, [], '');
      isAssigned = def.constants.length === 0;
    },
    unload: () => binding.deleteSavedModel(session),
  };
}
