import type {Sequential} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from 'tfjs-hessian/node';
import {deriveSeed} from '../src/random.js';

export const modelNames = ['mlp', 'lenet', 'vgg'] as const;
export type ModelName = (typeof modelNames)[number];

export interface ModelArgs {
  readonly inputShape: readonly number[];
  readonly seed: number;
  readonly learningRate: number;
  readonly momentum: number;
  /** λ of an L2 penalty on all kernels; default 0. */
  readonly l2?: number;
  /** The rate of dropout layers after hidden layers; default 0: no dropout layers. */
  readonly dropout?: number;
}

/** A network, with the names of its first, middle and last layers. */
export interface Architecture {
  readonly title: string;
  /** The convolutions and dense layers in their order. Batch normalization's own weights are not among them. */
  readonly layers: readonly string[];
  /** The one or two middle layers. */
  readonly middle: readonly string[];
  /** As many as the middle layers, from the input. */
  readonly first: readonly string[];
  /** As many as the middle layers, before the output. */
  readonly last: readonly string[];
  build(tf: TensorFlow, args: ModelArgs): Sequential;
}

export const architectures: Readonly<Record<ModelName, Architecture>> = {
  mlp: architecture('MLP', ['dense_1', 'dense_2', 'dense_3', 'dense_4', 'dense_5', 'dense_6'], draft => {
    draft.flatten();
    for (let i = 0; i < 5; i++) draft.dense(48).relu().dropout();
    draft.output();
  }),
  lenet: architecture('LeNet', ['conv_1', 'conv_2', 'dense_3', 'dense_4', 'dense_5'], draft => {
    draft.conv(6, 5, 'valid').relu().pool();
    draft.conv(16, 5, 'valid').relu().pool();
    draft.flatten().dropout();
    draft.dense(64).relu().dropout();
    draft.dense(48).relu().dropout();
    draft.output();
  }),
  vgg: architecture(
    'VGG',
    ['conv_1', 'conv_2', 'conv_3', 'conv_4', 'conv_5', 'conv_6', 'dense_7', 'dense_8'],
    draft => {
      // On images of half the size, so that the study ends within an hour.
      draft.halved();
      for (const filters of [8, 16, 32]) {
        draft.conv(filters, 3, 'same').batchNormalization().relu();
        draft.conv(filters, 3, 'same').batchNormalization().relu().pool().dropout();
      }
      draft.flatten().dense(32).relu().dropout();
      draft.output();
    },
  ),
};

function architecture(title: string, layers: readonly string[], write: (draft: Draft) => void): Architecture {
  const count = layers.length % 2 === 0 ? 2 : 1;
  const from = (layers.length - count) / 2;
  return {
    title,
    layers,
    middle: layers.slice(from, from + count),
    first: layers.slice(0, count),
    last: layers.slice(-count),
    build(tf, args) {
      const draft = new Draft(tf, args);
      write(draft);
      const {model} = draft;
      const {learningRate, momentum} = args;
      model.compile({
        optimizer: tf.train.momentum(learningRate, momentum),
        loss: 'categoricalCrossentropy',
        metrics: ['accuracy'],
      });
      return model;
    },
  };
}

/** Builds a sequential model. Initial weights depend only on the seed and the position. */
class Draft {
  readonly model: Sequential;
  /** Layers with kernels so far. */
  private count = 0;

  constructor(
    private readonly tf: TensorFlow,
    private readonly args: ModelArgs,
  ) {
    this.model = tf.sequential({layers: [tf.layers.inputLayer({inputShape: [...args.inputShape]})]});
  }

  conv(filters: number, kernelSize: number, padding: 'same' | 'valid'): this {
    const {tf} = this;
    return this.add(tf.layers.conv2d({...this.kernel('conv'), filters, kernelSize, padding}));
  }

  dense(units: number): this {
    return this.add(this.tf.layers.dense({...this.kernel('dense'), units}));
  }

  output(): this {
    return this.add(this.tf.layers.dense({...this.kernel('dense'), units: 10, activation: 'softmax'}));
  }

  batchNormalization(): this {
    // Trainings have a few hundred steps, so moving averages cover about ten.
    return this.add(this.tf.layers.batchNormalization({momentum: 0.9}));
  }

  relu(): this {
    return this.add(this.tf.layers.reLU());
  }

  pool(): this {
    return this.add(this.tf.layers.maxPooling2d({poolSize: 2}));
  }

  halved(): this {
    return this.add(this.tf.layers.averagePooling2d({poolSize: 2}));
  }

  flatten(): this {
    return this.add(this.tf.layers.flatten());
  }

  dropout(): this {
    const {dropout: rate = 0} = this.args;
    return rate > 0 ? this.add(this.tf.layers.dropout({rate})) : this;
  }

  private kernel(kind: 'conv' | 'dense') {
    const {tf} = this;
    const {seed, l2 = 0} = this.args;
    this.count++;
    return {
      name: `${kind}_${this.count}`,
      kernelInitializer: tf.initializers.heNormal({seed: deriveSeed(seed, 'weights', this.count)}),
      ...(l2 > 0 && {kernelRegularizer: tf.regularizers.l2({l2})}),
    };
  }

  private add(layer: Parameters<Sequential['add']>[0]): this {
    this.model.add(layer);
    return this;
  }
}
