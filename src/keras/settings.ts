import type {KerasVersion, LayerConfig} from './layer-config.js';
import {isRecord} from './layer-config.js';
import {refusal, shown} from './refusal.js';

/** The class and settings to use in place of those of Keras; `null` to keep them. */
type Becomes = (config: LayerConfig['config'], layer: LayerConfig, model: ModelFacts) => LayerConfig | null;

/** What the translation of a layer needs to know about the model. */
export interface ModelFacts {
  readonly version: KerasVersion;
  /** Whether a layer of the model makes a mask. */
  readonly masks: boolean;
}

/** How the settings of a layer class of Keras are treated. */
export interface LayerRule {
  /** Settings that are supported with any value. */
  readonly follows?: readonly string[];
  /** Settings that are supported only with these values, as in the JSON of Keras. */
  readonly only?: Readonly<Record<string, readonly unknown[]>>;
  readonly becomes?: Becomes;
}

const words = (text: string): readonly string[] => text.split(' ').filter(word => word !== '');

const ONE = [1, [1], [1, 1], [1, 1, 1]];
const CHANNELS_LAST = {data_format: ['channels_last']};
const AS_CREATED = ['channels_last', 'channels_first'];

type Only = NonNullable<LayerRule['only']>;

const convolution = (size: string, more: Only = {}): LayerRule => ({
  follows: words(`filters kernel_size strides activation use_bias ${size}`),
  only: {padding: ['valid', 'same'], data_format: AS_CREATED, dilation_rate: ONE, groups: [1], ...more},
});

const pooling = (only: Only = {data_format: AS_CREATED}): LayerRule => ({
  follows: words('pool_size strides'),
  only: {padding: ['valid', 'same'], ...only},
});

const renamed =
  (class_name: string): Becomes =>
  config => ({class_name, config});
const globalPooling = (class_name: string): LayerRule => ({
  follows: words('data_format keepdims'),
  becomes: renamed(`Keras${class_name}`),
});

/** tfjs-layers cannot train a normalization without scale or center, nor batch normalization over another axis than the last. */
const normalization = (class_name: string, only: Only): LayerRule => ({
  follows: words('axis momentum epsilon center scale renorm_momentum'),
  only,
  becomes: (config, layer, {masks}) => {
    const {renorm_momentum: _, ...kept} = config;
    const usual = config.center !== false && config.scale !== false && isLastAxis(layer);
    return usual && !masks
      ? {class_name, config: {...kept, axis: -1}}
      : {class_name: `Keras${class_name}`, config: kept};
  },
});

function isLastAxis(layer: LayerConfig): boolean {
  const [axis = -1, ...more] = [layer.config.axis as number | number[] | undefined].flat();
  const {build_config} = layer as {build_config?: {input_shape?: unknown[]} | null};
  return more.length === 0 && (axis === -1 || axis + 1 === build_config?.input_shape?.length);
}

const gates = words('units activation recurrent_activation use_bias dropout recurrent_dropout seed implementation');
const loop = words('return_sequences return_state go_backwards stateful unroll');
const LOOP_ONLY = {time_major: [false], zero_output_for_mask: [false], ragged: [false]};

const gru: Becomes = config =>
  config.reset_after === true ? {class_name: 'KerasGRU', config: {...config, unroll: false}} : null;

const maskedMerge =
  (class_name: string): Becomes =>
  (config, _, {version, masks}) =>
    version === 3 && masks ? {class_name: `Keras${class_name}`, config} : null;

const rectifier = ({max_value, negative_slope, threshold, theta, ...rest}: LayerConfig['config']): LayerConfig => ({
  class_name: 'KerasReLU',
  config: {
    ...rest,
    max_value: max_value ?? null,
    negative_slope: scalar(negative_slope) ?? 0,
    threshold: scalar(threshold ?? theta) ?? 0,
  },
});

const linear: Becomes = ({l1: _, l2: __, ...config}) => ({
  class_name: 'Activation',
  config: {...config, activation: 'linear'},
});

const spatialDropout: Becomes = ({data_format, ...config}) => ({
  class_name: 'Dropout',
  config: {...config, noise_shape: data_format === 'channels_first' ? [null, null, 1, 1] : [null, 1, 1, null]},
});

/** The supported layer classes of Keras. Other classes are refused. */
export const layerRules: Readonly<Record<string, LayerRule>> = {
  InputLayer: {follows: words('batch_input_shape'), only: {sparse: [false], ragged: [false], optional: [false]}},
  Activation: {follows: ['activation']},
  ReLU: {
    follows: words('max_value negative_slope threshold'),
    becomes: config =>
      scalar(config.negative_slope) || scalar(config.threshold)
        ? rectifier(config)
        : {class_name: 'ReLU', config: without(config, 'negative_slope', 'threshold')},
  },
  LeakyReLU: {
    follows: words('alpha negative_slope'),
    becomes: ({negative_slope, alpha, ...config}) => ({
      class_name: 'LeakyReLU',
      config: {...config, alpha: scalar(negative_slope ?? alpha) ?? 0.3},
    }),
  },
  PReLU: {follows: ['shared_axes']},
  ELU: {
    follows: ['alpha'],
    becomes: config => (scalar(config.alpha) === 1 ? null : {class_name: 'KerasELU', config}),
  },
  ThresholdedReLU: {follows: ['theta'], becomes: rectifier},
  Softmax: {
    follows: ['axis'],
    // tfjs-layers supports only the last axis.
    becomes: config => ((config.axis ?? -1) === -1 ? null : {class_name: 'KerasSoftmax', config}),
  },
  Dense: {follows: words('units activation use_bias')},
  Dropout: {follows: words('rate noise_shape seed')},
  SpatialDropout1D: {follows: words('rate noise_shape seed'), only: CHANNELS_LAST},
  SpatialDropout2D: {follows: words('rate seed data_format noise_shape'), becomes: spatialDropout},
  GaussianNoise: {follows: words('stddev seed')},
  GaussianDropout: {follows: words('rate seed')},
  AlphaDropout: {follows: words('rate noise_shape seed')},
  ActivityRegularization: {follows: words('l1 l2'), becomes: linear},
  Identity: {becomes: renamed('KerasIdentity')},
  Flatten: {follows: ['data_format']},
  RepeatVector: {follows: ['n']},
  Reshape: {
    follows: ['target_shape'],
    becomes: config =>
      (config.target_shape as number[]).some(n => n === null || n < 0) ? {class_name: 'KerasReshape', config} : null,
  },
  Permute: {follows: ['dims']},
  Masking: {follows: ['mask_value'], becomes: renamed('KerasMasking')},
  Embedding: {
    follows: words('input_dim output_dim mask_zero input_length'),
    only: {sparse: [false]},
  },
  Add: {},
  Subtract: {becomes: renamed('KerasSubtract')},
  Multiply: {becomes: maskedMerge('Multiply')},
  Average: {},
  Maximum: {becomes: maskedMerge('Maximum')},
  Minimum: {becomes: maskedMerge('Minimum')},
  Concatenate: {follows: ['axis']},
  Dot: {follows: words('axes normalize')},
  Conv1D: convolution('', CHANNELS_LAST),
  Conv2D: convolution('data_format'),
  Conv3D: convolution('data_format'),
  Conv2DTranspose: convolution('data_format', {output_padding: [null]}),
  DepthwiseConv2D: convolution('depth_multiplier data_format'),
  SeparableConv2D: convolution('depth_multiplier', CHANNELS_LAST),
  Cropping2D: {follows: words('cropping data_format')},
  ZeroPadding2D: {follows: words('padding data_format')},
  UpSampling2D: {
    follows: words('size data_format interpolation'),
    only: {interpolation: ['nearest', 'bilinear']},
    becomes: config => (config.interpolation === 'bilinear' ? {class_name: 'KerasUpSampling2D', config} : null),
  },
  MaxPooling1D: pooling(CHANNELS_LAST),
  MaxPooling2D: pooling(),
  MaxPooling3D: pooling(),
  AveragePooling1D: pooling(CHANNELS_LAST),
  AveragePooling2D: pooling(),
  AveragePooling3D: pooling(),
  GlobalAveragePooling1D: globalPooling('GlobalAveragePooling1D'),
  GlobalAveragePooling2D: globalPooling('GlobalAveragePooling2D'),
  GlobalMaxPooling1D: globalPooling('GlobalMaxPooling1D'),
  GlobalMaxPooling2D: globalPooling('GlobalMaxPooling2D'),
  BatchNormalization: normalization('BatchNormalization', {
    renorm: [false],
    virtual_batch_size: [null],
    synchronized: [false, true],
    fused: [null, true, false],
  }),
  LayerNormalization: normalization('LayerNormalization', {rms_scaling: [false]}),
  SimpleRNN: {follows: [...loop, ...gates], only: LOOP_ONLY},
  LSTM: {follows: [...loop, ...gates, 'unit_forget_bias'], only: LOOP_ONLY},
  GRU: {follows: [...loop, ...gates, 'reset_after'], only: LOOP_ONLY, becomes: gru},
  SimpleRNNCell: {follows: gates},
  LSTMCell: {follows: [...gates, 'unit_forget_bias']},
  GRUCell: {
    follows: [...gates, 'reset_after'],
    becomes: config => (config.reset_after === true ? {class_name: 'KerasGRUCell', config} : null),
  },
  StackedRNNCells: {follows: ['cells'], only: {reverse_state_order: [false]}},
  RNN: {follows: [...loop, 'cell'], only: LOOP_ONLY},
  ConvLSTM2D: {
    follows: words(
      'filters kernel_size strides activation recurrent_activation use_bias unit_forget_bias dropout',
    ).concat(words('recurrent_dropout seed return_sequences return_state go_backwards stateful')),
    only: {...LOOP_ONLY, padding: ['valid', 'same'], ...CHANNELS_LAST, dilation_rate: ONE, unroll: [false]},
  },
  Bidirectional: {follows: words('layer backward_layer merge_mode')},
  TimeDistributed: {follows: ['layer']},
  Rescaling: {follows: words('scale offset')},
  Resizing: {
    follows: words('height width interpolation'),
    only: {
      interpolation: ['bilinear', 'nearest'],
      crop_to_aspect_ratio: [false],
      pad_to_aspect_ratio: [false],
      antialias: [false],
      fill_mode: ['constant'],
      fill_value: [0],
      ...CHANNELS_LAST,
    },
    becomes: renamed('KerasResizing'),
  },
  CenterCrop: {follows: words('height width'), only: CHANNELS_LAST, becomes: renamed('KerasCenterCrop')},
  CategoryEncoding: {
    follows: words('num_tokens'),
    only: {output_mode: ['multi_hot', 'one_hot', 'count'], sparse: [false]},
    becomes: renamed('KerasCategoryEncoding'),
  },
};

/** Settings that every layer may have. */
const EVERYWHERE = new Set(words('name trainable dtype batch_input_shape input_shape'));
/** Settings that concern the initial weights and the training, not what the layer computes. */
const OF_WEIGHTS = /_(initializer|regularizer|constraint)$/;

/**
 * The settings of a layer, without those that change nothing.
 *
 * @throws InvalidArgumentError for a setting that would be ignored.
 */
export function checkedConfig(layer: LayerConfig, rule: LayerRule, way: string): LayerConfig['config'] {
  const {class_name, config} = layer;
  const kept = Object.entries(config).filter(([key, value]) => {
    const allowed = rule.only?.[key];
    const follows = rule.follows?.includes(key);
    if (allowed !== undefined) {
      if (!allowed.some(each => JSON.stringify(each) === JSON.stringify(value))) {
        throw refusal(
          layer,
          `has ${key} ${shown(value)}, with which TensorFlow.js does not compute what Keras does`,
          way,
        );
      }
      return follows || !NEUTRAL.has(key);
    }
    if (follows || EVERYWHERE.has(key)) return true;
    if (OF_WEIGHTS.test(key)) return !(class_name === 'SeparableConv2D' && key.startsWith('kernel_'));
    // A setting of a later version of Keras that is off.
    if (value === null || value === false) return false;
    throw refusal(layer, `has ${key} ${shown(value)}, which is not supported`, way);
  });
  return Object.fromEntries(kept);
}

/** Settings that need not be passed on, since only one value is allowed. */
const NEUTRAL = new Set(
  words(
    'dilation_rate groups output_padding time_major zero_output_for_mask ragged sparse optional renorm fused',
  ).concat(
    words('virtual_batch_size synchronized rms_scaling crop_to_aspect_ratio pad_to_aspect_ratio antialias fill_mode'),
    words('fill_value reverse_state_order'),
  ),
);

/** Some versions of Keras save a number as an array of one. */
function scalar(value: unknown): number | undefined {
  if (isRecord(value)) return scalar(value.value ?? (value.config as Record<string, unknown> | undefined)?.value);
  if (Array.isArray(value)) return scalar(value[0]);
  return typeof value === 'number' ? value : undefined;
}

function without(config: LayerConfig['config'], ...keys: readonly string[]): LayerConfig['config'] {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
}
