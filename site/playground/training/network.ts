import type {LayersModel} from '@tensorflow/tfjs-layers';
import {initializers, layers, sequential} from '@tensorflow/tfjs-layers';
import type {Settings} from '../settings.js';

/** The network of the settings, for inputs of a shape; always with the same weights for a seed. */
export function network({network: name, seed}: Settings, inputShape: readonly number[], classes: number): LayersModel {
  let next = seed * 100;
  const kernelInitializer = () => initializers.glorotNormal({seed: next++});
  const dense = (name: string, units: number, activation: 'tanh' | 'softmax') =>
    layers.dense({name, units, activation, kernelInitializer: kernelInitializer()});
  const convolution = (name: string, filters: number) =>
    layers.conv2d({
      name,
      filters,
      kernelSize: 3,
      strides: 2,
      activation: 'tanh',
      kernelInitializer: kernelInitializer(),
    });
  const model = sequential();
  model.add(layers.inputLayer({inputShape: [...inputShape]}));
  if (name === 'cnn') {
    model.add(convolution('conv_1', 6));
    model.add(convolution('conv_2', 12));
  }
  if (inputShape.length > 1) model.add(layers.flatten());
  const widths = name === 'cnn' ? [16] : inputShape.length > 1 ? [24, 16] : [16, 16, 16];
  for (const [i, units] of widths.entries()) model.add(dense(`dense_${i + 1}`, units, 'tanh'));
  model.add(dense('output', classes, 'softmax'));
  return model;
}
