import * as tf from '@tensorflow/tfjs-core';
import type {KerasVersion} from './layer-config.js';

/** The function of an activation. tfjs-layers takes it as a registered class with `apply`. */
type Activation = (x: tf.Tensor) => tf.Tensor;

/** Clips x to [low, high]. Outside, the derivative is zero. */
const clip = (x: tf.Tensor, low: number, high: number) => tf.clipByValue(x, low, high);

// hard_sigmoid(x) = relu6(x + 3) / 6. Keras 2 has clip(0.2 x + 0.5, 0, 1), and so has tfjs-layers.
const hardSigmoid: Activation = x => tf.div(clip(tf.add(x, 3), 0, 6), 6);
const hardSilu: Activation = x => tf.mul(x, hardSigmoid(x));
// shrink(x) = sign(x) max(|x| − λ, 0) = x − clip(x, −λ, λ)
const softShrink: Activation = x => tf.sub(x, clip(x, -0.5, 0.5));

/** Activations of Keras, with default arguments, that tfjs-layers does not have or computes differently. */
const activations: Readonly<Record<string, Activation>> = {
  hard_sigmoid: hardSigmoid,
  hard_silu: hardSilu,
  hard_swish: hardSilu,
  exponential: x => tf.exp(x),
  leaky_relu: x => tf.leakyRelu(x, 0.2),
  relu6: x => clip(x, 0, 6),
  hard_tanh: x => clip(x, -1, 1),
  log_sigmoid: x => tf.neg(tf.softplus(tf.neg(x))),
  tanh_shrink: x => tf.sub(x, tf.tanh(x)),
  soft_shrink: softShrink,
  hard_shrink: x => tf.mul(x, tf.step(tf.sub(tf.abs(x), 0.5))),
  celu: x => tf.elu(x),
  squareplus: x => tf.div(tf.add(x, tf.sqrt(tf.add(tf.square(x), 4))), 2),
  // 0 below −1, (x + 1)² / 4 up to 1, x above.
  sparse_plus: x => tf.add(tf.square(tf.div(tf.add(clip(x, -1, 1), 1), 2)), tf.relu(tf.sub(x, 1))),
  sparse_sigmoid: x => tf.div(tf.add(clip(x, -1, 1), 1), 2),
};

/** Activations that tfjs-layers computes as Keras does, with their names in tfjs-layers. */
const shared: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    'elu selu relu linear sigmoid softplus softsign tanh softmax gelu mish swish'.split(' ').map(name => [name, name]),
  ),
  silu: 'swish',
  log_softmax: 'logSoftmax',
};

/** The name in tfjs-layers of an activation of Keras; `null` for an unknown one. */
export function activationName(name: string, version: KerasVersion): string | null {
  if (shared[name] !== undefined) return shared[name];
  if (name === 'hard_sigmoid' && version === 2) return 'hardSigmoid';
  return activations[name] === undefined ? null : registeredName(name);
}

export const knownActivations: readonly string[] = [...Object.keys(shared), ...Object.keys(activations)];

/** tfjs-layers changes `some_name` to `someName` when it reads a configuration. */
function registeredName(name: string): string {
  return `keras_${name}`.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Registers the activations with tfjs-layers. */
export function registerActivations(): void {
  for (const [name, activation] of Object.entries(activations)) {
    tf.serialization.registerClass(
      class extends tf.serialization.Serializable {
        static readonly className = registeredName(name);

        apply(x: tf.Tensor): tf.Tensor {
          return tf.tidy(() => activation(x));
        }

        override getConfig(): tf.serialization.ConfigDict {
          return {};
        }
      },
    );
  }
}
