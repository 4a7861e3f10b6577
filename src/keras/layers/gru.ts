import * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable, RNNLayerArgs, Shape} from '@tensorflow/tfjs-layers';
import {initializers, layers} from '@tensorflow/tfjs-layers';
import {forgetDropout} from '../../tfjs-internals/layers/layer-calls.js';
import {activationFunction} from '../../tfjs-internals/layers/registry.js';
import {constraintOf, type Keywords, regularizerOf, singleShape} from './keras-layer.js';

interface GRUSettings extends Record<string, unknown> {
  readonly units: number;
  readonly activation?: string;
  readonly recurrentActivation?: string;
  readonly useBias?: boolean;
  readonly dropout?: number;
  readonly recurrentDropout?: number;
}

/**
 * A gated recurrent unit that applies the reset gate after the product with the recurrent kernel (`reset_after` in Keras), as
 * cuDNN does. It has one bias for the input and one for the state.
 *
 * z = σ(x Wz + bz + h Uz + cz), r = σ(x Wr + br + h Ur + cr), h' = z h + (1 − z) tanh(x Wh + bh + r (h Uh + ch))
 */
export class KerasGRUCell extends layers.RNNCell {
  static readonly className = 'KerasGRUCell';
  readonly stateSize: number;
  private readonly settings: GRUSettings;
  private readonly activation: (x: tf.Tensor) => tf.Tensor;
  private readonly gate: (x: tf.Tensor) => tf.Tensor;
  private kernel!: LayerVariable;
  private recurrentKernel!: LayerVariable;
  private bias: LayerVariable | null = null;

  constructor(settings: GRUSettings) {
    super(settings as {name?: string});
    const {customObjects: _, cell: __, ...kept} = settings;
    this.settings = kept as GRUSettings;
    this.stateSize = settings.units;
    this.activation = activationFunction(settings.activation ?? 'tanh');
    this.gate = activationFunction(settings.recurrentActivation ?? 'sigmoid');
    this.forgetMasks();
  }

  override build(shapes: Shape | Shape[]): void {
    const inputs = singleShape(shapes).at(-1)!;
    const width = 3 * this.stateSize;
    this.kernel = this.weight('kernel', [inputs, width]);
    this.recurrentKernel = this.weight('recurrent_kernel', [this.stateSize, width], 'recurrent');
    if (this.settings.useBias !== false) this.bias = this.weight('bias', [2, width]);
    this.built = true;
  }

  private weight(name: string, shape: Shape, kind = name): LayerVariable {
    const setting = (what: string) => this.settings[`${kind}${what}`] as Parameters<typeof regularizerOf>[0];
    const [regularizer, constraint] = [regularizerOf(setting('Regularizer')), constraintOf(setting('Constraint'))];
    return this.addWeight(name, shape, 'float32', initializers.zeros(), regularizer, true, constraint);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], {training}: Keywords): tf.Tensor[] {
    return tf.tidy(() => {
      const [x, h] = inputs as [tf.Tensor, tf.Tensor];
      const {dropout = 0, recurrentDropout = 0} = this.settings;
      if (training && dropout > 0) this.dropoutMask ??= tf.keep(tf.dropout(tf.onesLike(x), dropout));
      if (training && recurrentDropout > 0) {
        this.recurrentDropoutMask ??= tf.keep(tf.dropout(tf.onesLike(h), recurrentDropout));
      }
      const masked = (value: tf.Tensor, mask: tf.Tensor | tf.Tensor[] | null) =>
        training && mask ? tf.mul(value, mask as tf.Tensor) : value;
      const [ofInput, ofState] = this.bias ? tf.unstack(this.bias.read()) : [null, null];
      const product = (value: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | null | undefined) => {
        const result = tf.matMul(value as tf.Tensor2D, kernel as tf.Tensor2D);
        return tf.split(bias ? tf.add(result, bias) : result, 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
      };
      const [xz, xr, xh] = product(masked(x, this.dropoutMask), this.kernel.read(), ofInput);
      const [hz, hr, hh] = product(masked(h, this.recurrentDropoutMask), this.recurrentKernel.read(), ofState);
      const z = this.gate(tf.add(xz, hz));
      const r = this.gate(tf.add(xr, hr));
      const candidate = this.activation(tf.add(xh, tf.mul(r, hh)));
      const next = tf.add(tf.mul(z, h), tf.mul(tf.sub(1, z), candidate));
      return [next, next];
    });
  }

  /** Forgets the dropout masks, so that each batch draws new ones. */
  forgetMasks(): void {
    forgetDropout(this);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...(this.settings as tf.serialization.ConfigDict), ...super.getConfig()};
  }
}

/** A recurrent layer with such a cell. */
export class KerasGRU extends layers.RNN {
  static override readonly className = 'KerasGRU';

  constructor(settings: GRUSettings & RNNLayerArgs) {
    super({...settings, cell: new KerasGRUCell({...settings, name: undefined})} as RNNLayerArgs);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], keywords: Keywords): tf.Tensor | tf.Tensor[] {
    (this.cell as KerasGRUCell).forgetMasks();
    return super.call(inputs, keywords);
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    return new cls(config);
  }
}
