/** A layer as Keras describes it. */
export interface LayerConfig {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & {
    readonly name?: string;
    readonly layers?: readonly LayerConfig[];
  };
  readonly inbound_nodes?: readonly unknown[];
}

/** The model's own description, which lies deeper where Keras has saved more than that. */
export function modelConfig(topology: object): LayerConfig {
  const {model_config} = topology as {model_config?: LayerConfig | null};
  return model_config ?? (topology as LayerConfig);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
