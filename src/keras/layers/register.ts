import {registerClass} from '../../tfjs-internals/layers/registry.js';
import {registerActivations} from '../activations.js';
import {KerasCategoryEncoding} from './category-encoding.js';
import {
  KerasGlobalAveragePooling1D,
  KerasGlobalAveragePooling2D,
  KerasGlobalMaxPooling1D,
  KerasGlobalMaxPooling2D,
} from './global-pooling.js';
import {KerasGRU, KerasGRUCell} from './gru.js';
import {KerasIdentity} from './identity.js';
import {KerasMaximum, KerasMinimum, KerasMultiply} from './masked-merges.js';
import {KerasMasking} from './masking.js';
import {KerasBatchNormalization, KerasLayerNormalization} from './normalization.js';
import {KerasELU, KerasReLU} from './rectifiers.js';
import {KerasCenterCrop, KerasResizing, KerasUpSampling2D} from './resampling.js';
import {KerasReshape} from './reshape.js';
import {KerasSoftmax} from './softmax.js';
import {KerasSubtract} from './subtract.js';

const classes = [
  KerasReLU,
  KerasELU,
  KerasReshape,
  KerasSoftmax,
  KerasSubtract,
  KerasIdentity,
  KerasMasking,
  KerasMultiply,
  KerasMaximum,
  KerasMinimum,
  KerasCategoryEncoding,
  KerasGlobalAveragePooling1D,
  KerasGlobalAveragePooling2D,
  KerasGlobalMaxPooling1D,
  KerasGlobalMaxPooling2D,
  KerasUpSampling2D,
  KerasResizing,
  KerasCenterCrop,
  KerasLayerNormalization,
  KerasBatchNormalization,
  KerasGRUCell,
  KerasGRU,
];

/** Registers our layers and activations with tfjs-layers. It may be called more than once. */
export function registerKerasLayers(): void {
  registerActivations();
  for (const each of classes) registerClass(each);
}
