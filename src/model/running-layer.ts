import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Layer} from '../tfjs-internals/layers/layer.js';
import {innerLayers} from '../tfjs-internals/layers/layer.js';
import {replaceCall} from '../tfjs-internals/layers/layer-calls.js';
import {layersOf, trainingModel} from '../tfjs-internals/layers/model.js';
import {lastingModel} from './lasting-model.js';

export interface RunningLayerArgs {
  /** What the outermost layers are called with in place of their `training`; by default they are left alone. */
  readonly training?: boolean;
}

/** Tells which layer of a model is running, until it is released. */
export interface RunningLayer {
  /** The innermost running layer's name, `outer/inner` in a nested model. */
  name(): string | null;
  /** The innermost layer that has thrown; `null` where none has. */
  failed(): {readonly name: string; readonly className: string} | null;
  release(): void;
}

export function watchRunningLayer(model: LayersModel, {training}: RunningLayerArgs = {}): RunningLayer {
  const running: string[] = [];
  let failed: ReturnType<RunningLayer['failed']> = null;
  const undo: (() => void)[] = [];
  const seen = new Set<Layer>();
  // What the outermost layers are told, a nested model passes on to its own.
  const outermost = new Set(layersOf(trainingModel(model)));
  const watch = (layer: Layer, path: string) => {
    if (seen.has(layer)) return;
    seen.add(layer);
    const inner = innerLayers(layer);
    const name = path + layer.name;
    for (const child of inner ?? []) watch(child, `${name}/`);
    undo.push(
      replaceCall(layer, call => (inputs, kwargs) => {
        if (inner === null) running.push(name);
        try {
          const told = training !== undefined && outermost.has(layer) && kwargs && 'training' in kwargs;
          return call(inputs, told ? {...kwargs, training} : kwargs);
        } catch (error) {
          failed ??= {name, className: layer.getClassName()};
          throw error;
        } finally {
          if (inner === null) running.pop();
        }
      }),
    );
  };
  for (const layer of lastingModel(model).layers) watch(layer, '');
  for (const layer of outermost) watch(layer, '');
  return {
    name: () => running.at(-1) ?? null,
    failed: () => failed,
    release: () => {
      for (const step of undo.reverse()) step();
    },
  };
}
