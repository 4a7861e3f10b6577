import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import * as tfl from '@tensorflow/tfjs-layers';
import type {Batch} from '../../src/model/batch.js';
import type {EngineName} from '../engines.js';

const {layers} = tfl;
type Layer = tfl.layers.Layer;

/** A model that has no Keras reference, smooth at its weights, so that differences of its gradient say what H v is. */
export interface LayerSample {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly layers: () => Layer[];
  readonly training?: boolean;
  readonly input?: (shape: number[]) => Tensor;
  /** The engines that have the layer's kernels, where that is not all of them. */
  readonly engines?: readonly EngineName[];
}

const inputOf = (shape: number[]): Tensor => tf.randomNormal(shape, 0, 1, 'float32', 11);
const init = (seed: number) => tfl.initializers.randomNormal({mean: 0.1, stddev: 0.5, seed});

const dense = (units: number, seed: number) => layers.dense({units, activation: 'tanh', kernelInitializer: init(seed)});
const conv = (filters: number, seed: number) =>
  layers.conv2d({filters, kernelSize: 2, activation: 'tanh', kernelInitializer: init(seed)});
const recurrent = {
  units: 2,
  kernelInitializer: init(1),
  recurrentInitializer: init(2),
  recurrentActivation: 'sigmoid' as const,
  dropout: 0.3,
  recurrentDropout: 0.3,
};
const between = (layer: () => Layer) => () => [dense(5, 1), layer(), dense(3, 2)];
const afterImage =
  (...more: (() => Layer)[]) =>
  () => [conv(3, 1), ...more.map(make => make()), layers.flatten()];

function frozen(layer: Layer): Layer {
  layer.trainable = false;
  return layer;
}

export const layerSamples: readonly LayerSample[] = [
  {name: 'dropout', inputShape: [4], layers: between(() => layers.dropout({rate: 0.4}))},
  {name: 'gaussian dropout', inputShape: [4], layers: between(() => layers.gaussianDropout({rate: 0.3}))},
  {name: 'gaussian noise', inputShape: [4], layers: between(() => layers.gaussianNoise({stddev: 0.5}))},
  {name: 'alpha dropout', inputShape: [4], layers: between(() => layers.alphaDropout({rate: 0.3}))},
  {
    name: 'spatial dropout',
    inputShape: [5, 3],
    layers: () => [
      layers.conv1d({filters: 4, kernelSize: 2, activation: 'tanh', kernelInitializer: init(1)}),
      layers.spatialDropout1d({rate: 0.4, seed: 5}),
      layers.flatten(),
    ],
  },
  {
    name: 'dropout outside training',
    inputShape: [4],
    layers: between(() => layers.dropout({rate: 0.4})),
    training: false,
  },
  {name: 'LSTM with both dropouts', inputShape: [4, 3], layers: () => [layers.lstm(recurrent)]},
  {name: 'GRU with both dropouts', inputShape: [4, 3], layers: () => [layers.gru(recurrent)]},
  {name: 'simple RNN with both dropouts', inputShape: [4, 3], layers: () => [layers.simpleRNN(recurrent)]},
  {
    name: 'convolutional LSTM with dropout',
    inputShape: [3, 4, 4, 1],
    layers: () => [
      layers.convLstm2d({
        filters: 1,
        kernelSize: 2,
        recurrentActivation: 'sigmoid',
        dropout: 0.3,
        recurrentDropout: 0.3,
        kernelInitializer: init(1),
      }),
      layers.flatten(),
    ],
  },
  {
    name: 'GELU by tanh',
    inputShape: [4],
    layers: between(() => layers.activation({activation: 'gelu_new'})),
  },
  {
    name: 'bilinear upsampling',
    inputShape: [4, 4, 1],
    layers: afterImage(
      () => layers.upSampling2d({interpolation: 'bilinear'}),
      () => conv(2, 2),
    ),
  },
  {
    name: 'channels first',
    inputShape: [2, 5, 5],
    layers: () => [
      layers.conv2d({
        filters: 3,
        kernelSize: 2,
        dataFormat: 'channelsFirst',
        activation: 'tanh',
        kernelInitializer: init(1),
      }),
      layers.averagePooling2d({poolSize: 2, dataFormat: 'channelsFirst'}),
      layers.flatten(),
    ],
  },
  {
    name: 'layer normalization over two axes',
    inputShape: [3, 4],
    layers: () => [dense(3, 1), layers.layerNormalization({axis: [1, 2], gammaInitializer: init(3)}), layers.flatten()],
  },
  {name: 'rescaling', inputShape: [4], layers: () => [layers.rescaling({scale: 0.5, offset: 0.1}), dense(3, 1)]},
  {
    name: 'center crop behind frozen weights',
    inputShape: [5, 5, 1],
    layers: () => [frozen(conv(2, 1)), layers.centerCrop({height: 3, width: 3}), conv(2, 2), layers.flatten()],
  },
  {
    name: 'categories before weights',
    inputShape: [4],
    layers: () => [layers.categoryEncoding({numTokens: 4, outputMode: 'multiHot'}), dense(3, 1)],
    input: shape => tf.randomUniform(shape, 0, 4, 'int32', 7),
    engines: ['cpu'],
  },
  {
    name: 'a layer of one’s own',
    inputShape: [4],
    layers: between(() => new Swirl()),
  },
];

/** y = sin(x ∘ w) / (1 + x²): a user's layer, of ops that no built-in layer runs. */
class Swirl extends tfl.layers.Layer {
  static readonly className = 'Swirl';
  private frequency!: tfl.LayerVariable;

  constructor() {
    super({});
  }

  override build(inputShape: tfl.Shape): void {
    this.frequency = this.addWeight('frequency', [inputShape.at(-1)!], 'float32', init(9));
    super.build(inputShape);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      return tf.div(tf.sin(tf.mul(x, this.frequency.read())), tf.add(tf.square(x), 1));
    });
  }
}

const BATCH = 4;

/** The sample's model, with an output of two numbers, compiled. */
export function buildSample({inputShape, layers: make}: Pick<LayerSample, 'inputShape' | 'layers'>): LayersModel {
  const [first, ...rest] = make();
  const input = tfl.input({shape: [...inputShape]});
  let h = first!.apply(input) as tfl.SymbolicTensor;
  for (const layer of rest) h = layer.apply(h) as tfl.SymbolicTensor;
  const output = layers.dense({units: 2, kernelInitializer: init(4)}).apply(h) as tfl.SymbolicTensor;
  const model = tfl.model({inputs: input, outputs: output});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

export function batchOf(sample: LayerSample): Batch {
  return {
    x: (sample.input ?? inputOf)([BATCH, ...sample.inputShape]),
    y: tf.randomNormal([BATCH, 2], 0, 1, 'float32', 13),
    training: sample.training ?? true,
  };
}
