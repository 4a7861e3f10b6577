import type {LayersModel} from '@tensorflow/tfjs-layers';
import {replace} from './data-loss.js';
import type {Layer, LayerInternals} from './layers-internals.js';
import {innerLayers} from './layers-internals.js';

export interface RunningLayerArgs {
  /** What the outermost layers are called with in place of their `training`; by default they are left alone. */
  readonly training?: boolean;
}

/** Tells which layer of a model is running, until it is released. */
export interface RunningLayer {
  /** The innermost running layer's name, `outer/inner` in a nested model. */
  name(): string | null;
  release(): void;
}

export function watchRunningLayer(model: LayersModel, {training}: RunningLayerArgs = {}): RunningLayer {
  const running: string[] = [];
  const undo: (() => void)[] = [];
  const watch = (layer: Layer, path: string) => {
    const inner = innerLayers(layer);
    const name = path + layer.name;
    for (const child of inner ?? []) watch(child, `${name}/`);
    const target = layer as unknown as LayerInternals;
    const {call} = target;
    undo.push(
      replace(target, {
        call(inputs, kwargs) {
          if (inner === null) running.push(name);
          try {
            // Only the outermost layers are told whether this is training: a nested model does not pass it on.
            const told = training !== undefined && path === '' && kwargs && 'training' in kwargs;
            return call.call(this, inputs, told ? {...kwargs, training} : kwargs);
          } finally {
            if (inner === null) running.pop();
          }
        },
      }),
    );
  };
  for (const layer of new Set(model.layers)) watch(layer, '');
  return {
    name: () => running.at(-1) ?? null,
    release: () => {
      for (const step of undo.reverse()) step();
    },
  };
}
