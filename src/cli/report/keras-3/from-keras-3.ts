import type {io} from '@tensorflow/tfjs-core';
import type {TensorFlow} from '../../../engine/load.js';
import {InvalidArgumentError} from '../../../errors.js';
import type {LayerConfig} from './layer-config.js';
import {modelConfig} from './layer-config.js';
import {keras2Topology} from './topology.js';
import {weightNames} from './weight-names.js';

/** What a model file holds. */
type Artifacts = Pick<io.ModelArtifacts, 'modelTopology' | 'weightSpecs' | 'weightData'>;

/** Whether the converter has written the model from Keras 3, of which tfjs-layers reads neither topology nor weights' names. */
export function isFromKeras3({modelTopology}: Artifacts): boolean {
  return /^3\./.test((modelTopology as {keras_version?: string}).keras_version ?? '');
}

/**
 * A model of Keras 3 in the words of Keras 2: topology, and weights under the names that tfjs-layers gives them.
 *
 * @throws InvalidArgumentError for what tfjs-layers has not.
 */
export async function fromKeras3<T extends Artifacts>(tf: TensorFlow, artifacts: T): Promise<T> {
  const modelTopology = keras2Topology(artifacts.modelTopology as object);
  const model = await tf.models.modelFromJSON(modelTopology as Parameters<TensorFlow['models']['modelFromJSON']>[0]);
  const specs = artifacts.weightSpecs ?? [];
  const names = weightNames(
    specs.map(({name}) => name),
    modelConfig(modelTopology) as LayerConfig,
    model,
  );
  model.dispose();
  const data = artifacts.weightData as ArrayBuffer;
  const kept: io.WeightsManifestEntry[] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const spec of specs) {
    const bytes = byteLength(spec);
    const name = names.get(spec.name);
    if (name) {
      kept.push({...spec, name});
      parts.push(new Uint8Array(data, offset, bytes));
    } else if (!spec.name.includes('seed_generator')) {
      // What layers such as dropout draw from is not tfjs-layers' to keep; all else is.
      throw new InvalidArgumentError(`its weight "${spec.name}" belongs to no layer that tfjs-layers has`);
    }
    offset += bytes;
  }
  return {...artifacts, modelTopology, weightSpecs: kept, weightData: new Uint8Array(Buffer.concat(parts)).buffer};
}

function byteLength({dtype, shape, quantization}: io.WeightsManifestEntry): number {
  const bytes: Readonly<Record<string, number>> = {
    float32: 4,
    int32: 4,
    uint16: 2,
    float16: 2,
    uint8: 1,
    bool: 1,
    complex64: 8,
  };
  const size = bytes[quantization?.dtype ?? dtype];
  if (size === undefined) throw new InvalidArgumentError(`its weights of type ${dtype} cannot be read`);
  return size * shape.reduce((product, n) => product * n, 1);
}
