import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from 'tfjs-hessian/node';
import {deriveSeed} from '../../src/random.js';

export const networkNames = ['lenet-5', 'vgg11', 'vgg11-bn', 'resnet-18'] as const;
export type NetworkName = (typeof networkNames)[number];

export const networkTitles: Readonly<Record<NetworkName, string>> = {
  'lenet-5': 'LeNet-5',
  vgg11: 'VGG11',
  'vgg11-bn': 'VGG11 with batch norm',
  'resnet-18': 'ResNet-18',
};

export interface NetworkArgs {
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly seed: number;
  /** λ of λ/2 ‖θ‖² over all trainable weights; 0: none. */
  readonly weightDecay: number;
  /** The rate of dropout layers before the dense layers; 0: none. */
  readonly dropout: number;
}

/** The paper's networks with the initial weights of the authors' code, not compiled. The output is softmax. */
export function buildNetwork(tf: TensorFlow, name: NetworkName, args: NetworkArgs): LayersModel {
  const draft = new NetworkDraft(tf, args);
  const write = {'lenet-5': lenet, vgg11: vgg(false), 'vgg11-bn': vgg(true), 'resnet-18': resnet18}[name];
  write(draft, args.classes);
  return draft.model();
}

function lenet(draft: NetworkDraft, classes: number): void {
  draft.conv({filters: 6, kernelSize: 5, padding: 'valid', init: 'fan in'}).relu().pool();
  draft.conv({filters: 16, kernelSize: 5, padding: 'valid', init: 'fan in'}).relu().pool();
  draft.flatten();
  draft.dense({units: 120, init: 'fan in'}).relu();
  draft.dense({units: 84, init: 'fan in'}).relu();
  draft.dense({units: classes, init: 'fan in', activation: 'softmax'});
}

function vgg(batchNormalized: boolean): (draft: NetworkDraft, classes: number) => void {
  const normalize = (draft: NetworkDraft) => (batchNormalized ? draft.batchNormalization() : draft);
  return (draft, classes) => {
    for (const filters of [64, 'pool', 128, 'pool', 256, 256, 'pool', 512, 512, 'pool', 512, 512, 'pool'] as const) {
      if (filters === 'pool') draft.pool();
      else normalize(draft.conv({filters, kernelSize: 3, padding: 'same', init: 'fan out'})).relu();
    }
    draft.flatten();
    // Batch normalization follows both dense layers of both variants; they have no bias.
    for (let i = 0; i < 2; i++) {
      draft.dense({units: 4096, init: 0.01, useBias: false}).batchNormalization().relu();
    }
    draft.dense({units: classes, init: 0.01, activation: 'softmax'});
  };
}

function resnet18(draft: NetworkDraft, classes: number): void {
  const conv = (filters: number, strides: 1 | 2, kernelSize = 3) => {
    draft.conv({filters, kernelSize, strides, padding: 'same', init: 'fan out', useBias: false}).batchNormalization();
  };
  conv(64, 1);
  draft.relu();
  for (const [stage, filters] of [64, 128, 256, 512].entries()) {
    for (let block = 0; block < 2; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const input = draft.output;
      conv(filters, strides);
      draft.relu();
      conv(filters, 1);
      const branch = draft.output;
      draft.output = input;
      if (strides === 2) conv(filters, strides, 1);
      draft.plus(branch).relu();
    }
  }
  draft.globalAverage();
  draft.dense({units: classes, init: 'fan in', activation: 'softmax'});
}

/**
 * `'fan in'`: uniform between ± 1/√(fan in), kernels and biases alike (PyTorch's default); `'fan out'`: normal of variance
 * 2 / fan out, biases zero; a number: normal of this standard deviation, biases zero.
 */
type Init = 'fan in' | 'fan out' | number;

interface LayerPlan {
  readonly init: Init;
  readonly useBias?: boolean;
}

interface ConvPlan extends LayerPlan {
  readonly filters: number;
  readonly kernelSize: number;
  readonly padding: 'same' | 'valid';
  readonly strides?: 1 | 2;
}

interface DensePlan extends LayerPlan {
  readonly units: number;
  readonly activation?: 'linear' | 'softmax';
}

/** Builds a network layer by layer. Initial weights depend only on the seed and the position. */
class NetworkDraft {
  output: SymbolicTensor;
  private readonly input: SymbolicTensor;
  /** Layers with kernels so far. */
  private count = 0;

  constructor(
    private readonly tf: TensorFlow,
    private readonly args: NetworkArgs,
  ) {
    this.input = tf.input({shape: [...args.inputShape]});
    this.output = this.input;
  }

  model(): LayersModel {
    return this.tf.model({inputs: this.input, outputs: this.output});
  }

  conv({filters, kernelSize, padding, strides = 1, ...plan}: ConvPlan): this {
    const channels = this.output.shape.at(-1)!;
    const area = kernelSize ** 2;
    const common = this.kernel('conv', plan, area * channels, area * filters);
    // PyTorch pads strided convolutions on both sides, TensorFlow only at the end.
    const isPadded = strides > 1 && kernelSize > 1;
    if (isPadded) {
      const side = (kernelSize - 1) / 2;
      this.add(
        this.tf.layers.zeroPadding2d({
          padding: [
            [side, side],
            [side, side],
          ],
        }),
      );
    }
    return this.add(
      this.tf.layers.conv2d({...common, filters, kernelSize, strides, padding: isPadded ? 'valid' : padding}),
    );
  }

  dense({units, activation = 'linear', ...plan}: DensePlan): this {
    const {dropout: rate} = this.args;
    if (rate > 0) this.add(this.tf.layers.dropout({rate}));
    const common = this.kernel('dense', plan, this.output.shape.at(-1)!, units);
    return this.add(this.tf.layers.dense({...common, units, activation}));
  }

  batchNormalization(): this {
    const decay = this.decay();
    return this.add(
      this.tf.layers.batchNormalization({
        // PyTorch's defaults; its momentum of 0.1 is the new value's share.
        ...{momentum: 0.9, epsilon: 1e-5},
        ...(decay !== null && {gammaRegularizer: decay, betaRegularizer: decay}),
      }),
    );
  }

  relu(): this {
    return this.add(this.tf.layers.reLU());
  }

  pool(): this {
    return this.add(this.tf.layers.maxPooling2d({poolSize: 2}));
  }

  globalAverage(): this {
    return this.add(this.tf.layers.globalAveragePooling2d({}));
  }

  flatten(): this {
    return this.add(this.tf.layers.flatten());
  }

  plus(other: SymbolicTensor): this {
    this.output = this.tf.layers.add().apply([this.output, other]) as SymbolicTensor;
    return this;
  }

  private kernel(kind: 'conv' | 'dense', {init, useBias = true}: LayerPlan, fanIn: number, fanOut: number) {
    const {tf} = this;
    this.count++;
    const seed = (weight: string) => deriveSeed(this.args.seed, weight, this.count);
    const limit = 1 / Math.sqrt(fanIn);
    const within = (weight: string) =>
      tf.initializers.randomUniform({minval: -limit, maxval: limit, seed: seed(weight)});
    const stddev = init === 'fan out' ? Math.sqrt(2 / fanOut) : Number(init);
    const decay = this.decay();
    return {
      name: `${kind}_${this.count}`,
      useBias,
      kernelInitializer:
        init === 'fan in' ? within('kernel') : tf.initializers.randomNormal({mean: 0, stddev, seed: seed('kernel')}),
      ...(useBias && {biasInitializer: init === 'fan in' ? within('bias') : tf.initializers.zeros()}),
      ...(decay !== null && {kernelRegularizer: decay, ...(useBias && {biasRegularizer: decay})}),
    };
  }

  /** `l2({l2})` is l2 ‖w‖². */
  private decay() {
    const {weightDecay} = this.args;
    return weightDecay > 0 ? this.tf.regularizers.l2({l2: weightDecay / 2}) : null;
  }

  private add(layer: {apply(input: SymbolicTensor): unknown}): this {
    this.output = layer.apply(this.output) as SymbolicTensor;
    return this;
  }
}
