import * as tfl from '@tensorflow/tfjs-layers';

const {layers} = tfl;
type Layer = tfl.layers.Layer;

/** What TensorFlow.js 4.22 cannot train, so that it has no gradient whose derivative could be taken. */
export interface UntrainableSample {
  readonly name: string;
  /** Why, in TensorFlow.js. */
  readonly reason: string;
  readonly inputShape: readonly number[];
  readonly layers: () => Layer[];
}

const conv = () => layers.conv2d({filters: 2, kernelSize: 1});
const dense = () => layers.dense({units: 4});

export const untrainableSamples: readonly UntrainableSample[] = [
  {
    name: 'dilated convolution',
    reason: 'its gradient refuses dilations',
    inputShape: [6, 6, 1],
    layers: () => [layers.conv2d({filters: 2, kernelSize: 2, dilationRate: 2}), layers.flatten()],
  },
  {
    name: 'causal `Conv1D`',
    reason: 'not implemented',
    inputShape: [6, 2],
    layers: () => [layers.conv1d({filters: 2, kernelSize: 2, padding: 'causal'}), layers.flatten()],
  },
  {
    name: '`Conv3DTranspose`',
    reason: 'its kernel has no gradient',
    inputShape: [3, 3, 3, 1],
    layers: () => [layers.conv3dTranspose({filters: 2, kernelSize: 2}), layers.flatten()],
  },
  {
    name: '`ThresholdedReLU`',
    reason: 'its comparison has no gradient',
    inputShape: [4],
    layers: () => [dense(), layers.thresholdedReLU({})],
  },
  {
    name: '`BatchNormalization` over another axis than the last',
    reason: 'its reshape does not fit',
    inputShape: [4, 4, 2],
    layers: () => [conv(), layers.batchNormalization({axis: 1}), layers.flatten()],
  },
  {
    name: '`BatchNormalization` without scale or center',
    reason: 'it reads the weight that is not there',
    inputShape: [4],
    layers: () => [dense(), layers.batchNormalization({scale: false})],
  },
  {
    name: '`GRU` with `resetAfter`',
    reason: 'not supported',
    inputShape: [4, 2],
    layers: () => [layers.gru({units: 2, resetAfter: true} as Parameters<typeof layers.gru>[0])],
  },
  {
    name: '`CenterCrop` behind weights',
    reason: 'its kernel has no gradient',
    inputShape: [4, 4, 1],
    layers: () => [conv(), layers.centerCrop({height: 2, width: 2}), layers.flatten()],
  },
  {
    name: '`Resizing`',
    reason: 'it loses the batch axis inside a model',
    inputShape: [4, 4, 1],
    layers: () => [layers.resizing({height: 2, width: 2}), conv(), layers.flatten()],
  },
  {
    name: '`RandomWidth`',
    reason: 'it loses the batch axis inside a model',
    inputShape: [4, 4, 1],
    layers: () => [layers.randomWidth({factor: 0.5}), conv(), layers.flatten()],
  },
];
