import {PbfWriter} from 'pbf';
import type {NativeBinding, OpAttribute} from '../tfjs-internals/node/backend.js';
import type {GraphDef} from './graph-def.js';
import type {LoadedGraph} from './loaded-graph.js';

/** The functions of an addon that can run a graph as if it were an op. */
export type FunctionBinding = NativeBinding & Required<Pick<NativeBinding, 'addGraphFunction' | 'removeGraphFunction'>>;

/** Whether the addon can run a graph as if it were an op. The one that the set-up builds can; the published one cannot. */
export function hasGraphFunctions(binding: NativeBinding): binding is FunctionBinding {
  return binding.addGraphFunction !== undefined && binding.removeGraphFunction !== undefined;
}

/** Whether an op is a graph that was loaded as a function. */
export function isGraphFunction(name: string): boolean {
  return name.startsWith('tfjs_hessian_graph_');
}

/**
 * Loads a graph as a function, which runs like an op: its inputs and outputs stay on their device.
 *
 * @param isCompiled whether XLA compiles the function. Then its results are rounded otherwise.
 */
export function loadGraphFunction(def: GraphDef, binding: FunctionBinding, isCompiled: boolean): LoadedGraph {
  const writer = new PbfWriter();
  def.message(writer);
  const feedNames = [...def.inputNames, ...def.constantNames].join();
  const name = binding.addGraphFunction(writer.finish(), feedNames, def.outputNames.join());
  const attributes: OpAttribute[] = isCompiled
    ? [{name: '_XlaMustCompile', type: binding.TF_ATTR_BOOL, value: true}]
    : [];
  return {
    run: (inputs, constants) => binding.executeOp(name, attributes, [...inputs, ...constants], def.outputNames.length),
    unload: () => binding.removeGraphFunction(name),
  };
}
