import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** All names in a model's JSON under the given keys. */
export function namesIn(json: unknown, keys: readonly string[], found = new Set<string>()): Set<string> {
  if (json !== null && typeof json === 'object') {
    for (const [key, value] of Object.entries(json)) {
      if (keys.includes(key) && typeof value === 'string') found.add(value);
      namesIn(value, keys, found);
    }
  }
  return found;
}

/** The keys of a model's JSON that name a class of layers. */
export const CLASSES = ['class_name', 'className'];

/** The keys of a model's JSON that name an activation. */
export const ACTIVATIONS = ['activation', 'recurrent_activation', 'recurrentActivation'];

export const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

type Registered = Readonly<Record<string, readonly [{readonly prototype: unknown}]>>;

function registered(test: (prototype: unknown) => boolean): string[] {
  const {classNameMap} = (
    tf.serialization as unknown as {SerializationMap: {getMap(): {classNameMap: Registered}}}
  ).SerializationMap.getMap();
  return Object.keys(classNameMap)
    .filter(name => test(classNameMap[name]![0].prototype))
    .sort();
}

/** A layer without weights; a layer of a test; a cell that only `ConvLSTM2D` uses. */
const LEFT_OUT = ['InputLayer', 'Swirl', 'ConvLSTM2DCell'];

/** The classes of layers that TensorFlow.js has registered. */
export function layerClasses(): string[] {
  return registered(prototype => prototype instanceof tfl.layers.Layer).filter(name => !LEFT_OUT.includes(name));
}

/** The activations that TensorFlow.js has registered. */
export function activationNames(): string[] {
  // Among the registered names, only those of activations begin with a small letter.
  return registered(prototype => !(prototype instanceof tfl.layers.Layer)).filter(name => /^[a-z]/.test(name));
}
