import type {LayersModel} from '@tensorflow/tfjs-layers';
import {initializers, layers, sequential} from '@tensorflow/tfjs-layers';

/** A small CNN, always with the same initial weights. */
export function network(): LayersModel {
  const relu = (seed: number) => ({activation: 'relu', kernelInitializer: initializers.heNormal({seed})}) as const;
  const model = sequential({
    layers: [
      layers.conv2d({...relu(1), name: 'conv_6', filters: 6, kernelSize: 5, strides: 2, inputShape: [28, 28, 1]}),
      layers.conv2d({...relu(2), name: 'conv_12', filters: 12, kernelSize: 3, strides: 2}),
      layers.flatten(),
      layers.dense({...relu(3), name: 'dense_24', units: 24}),
      layers.dense({...relu(4), name: 'dense_10', units: 10, activation: 'softmax'}),
    ],
  });
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}
