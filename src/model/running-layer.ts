import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Layer} from '../tfjs-internals/layers/layer.js';
import {innerLayers} from '../tfjs-internals/layers/layer.js';
import {replaceCall} from '../tfjs-internals/layers/layer-calls.js';
import {layersOf, trainingModel} from '../tfjs-internals/layers/model.js';
import {lastingModel} from './lasting-model.js';

export interface RunningLayerArgs {
  /** Replaces the `training` argument of the outermost layers. By default it stays as it is. */
  readonly training?: boolean;
}

/** Knows which layer of a model is running, until it is released. */
export interface RunningLayer {
  /** The name of the innermost running layer, `outer/inner` in a nested model; `null` if none runs. */
  name(): string | null;
  /** The innermost layer that has thrown an error; `null` if none has. */
  failed(): {readonly name: string; readonly className: string} | null;
  release(): void;
}

/** Watches which layer of a model is running. */
export function watchRunningLayer(model: LayersModel, {training}: RunningLayerArgs = {}): RunningLayer {
  const running: string[] = [];
  let failed: ReturnType<RunningLayer['failed']> = null;
  const undo: (() => void)[] = [];
  const seen = new Set<Layer>();
  // A nested model passes its own `training` on to its layers.
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
