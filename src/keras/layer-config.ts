/** The configuration of a layer, as Keras saves it. */
export interface LayerConfig {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & {
    readonly name?: string;
    readonly layers?: readonly LayerConfig[];
  };
  readonly inbound_nodes?: readonly unknown[];
}

/** The configuration of the model, which is inside a larger object if Keras has saved more than the model. */
export function modelConfig(topology: object): LayerConfig {
  const {model_config} = topology as {model_config?: LayerConfig | null};
  return model_config ?? (topology as LayerConfig);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isLayer(value: unknown): value is LayerConfig {
  return isRecord(value) && typeof value.class_name === 'string' && isRecord(value.config);
}

export type KerasVersion = 2 | 3;

/**
 * The major version of the Keras that saved a model; `null` for a model that tfjs-layers saved. Keras 1 is read like 2, and later versions
 * like 3.
 */
export function kerasVersion(topology: object): KerasVersion | null {
  const {keras_version} = topology as {keras_version?: string};
  if (keras_version?.startsWith('tfjs')) return null;
  return Number.parseInt(keras_version ?? '2', 10) >= 3 ? 3 : 2;
}
