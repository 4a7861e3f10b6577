import type {serialization, Tensor} from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {constraints, initializers, layers, regularizers} from '@tensorflow/tfjs-layers';

/** The keywords of a layer's call in tfjs-layers. */
export type Keywords = Readonly<Record<string, unknown>>;

type Settings = Readonly<Record<string, unknown>>;
type Named = {readonly className: string; readonly config: Record<string, unknown>} | null | undefined;

/** A layer that computes the same as in Keras. Its settings are those of Keras, in camel case. */
export abstract class KerasLayer<S extends Settings = Settings> extends layers.Layer {
  protected readonly settings: S;

  constructor(settings: S) {
    super(settings);
    this.settings = {...settings};
    Reflect.deleteProperty(this.settings, 'customObjects');
  }

  /** Adds a weight, with the regularizer and the constraint in the settings. */
  protected weight(name: string, shape: Shape, trainable = true): ReturnType<layers.Layer['addWeight']> {
    const setting = (kind: string) =>
      this.settings[`${name.replaceAll(/_(\w)/g, (_, c) => c.toUpperCase())}${kind}`] as Named;
    return this.addWeight(
      name,
      shape,
      'float32',
      initializers.zeros(),
      regularizerOf(setting('Regularizer')),
      trainable,
      constraintOf(setting('Constraint')),
    );
  }

  override getConfig(): serialization.ConfigDict {
    return {...(this.settings as serialization.ConfigDict), ...super.getConfig()};
  }
}

export function regularizerOf(setting: Named) {
  return setting == null ? undefined : regularizers.l1l2(setting.config);
}

export function constraintOf(setting: Named) {
  switch (setting?.className) {
    case 'MaxNorm':
      return constraints.maxNorm(setting.config as Parameters<typeof constraints.maxNorm>[0]);
    case 'MinMaxNorm':
      return constraints.minMaxNorm(setting.config as Parameters<typeof constraints.minMaxNorm>[0]);
    case 'NonNeg':
      return constraints.nonNeg();
    case 'UnitNorm':
      return constraints.unitNorm(setting.config as Parameters<typeof constraints.unitNorm>[0]);
    default:
      return undefined;
  }
}

/** The only input of a layer. */
export function single(inputs: Tensor | Tensor[]): Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs;
}

export function singleShape(shapes: Shape | Shape[]): Shape {
  return Array.isArray(shapes[0]) ? (shapes[0] as Shape) : (shapes as Shape);
}
