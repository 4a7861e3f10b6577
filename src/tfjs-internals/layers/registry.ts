import type {Tensor} from '@tensorflow/tfjs-core';
import {serialization} from '@tensorflow/tfjs-core';

/** A class with a name that saved models refer to. */
export interface NamedClass {
  readonly className: string;
  readonly prototype: serialization.Serializable;
}

/** Registers a class under its own name, so that models with it can be loaded. It stays registered. */
export function registerClass(named: NamedClass): void {
  serialization.registerClass(named as unknown as serialization.SerializableConstructor<serialization.Serializable>);
}

/** The function of an activation that is registered under a name. */
export function activationFunction(name: string): (x: Tensor) => Tensor {
  const [Activation] = serialization.SerializationMap.getMap().classNameMap[name]!;
  const activation = new Activation({}) as unknown as {apply(x: Tensor): Tensor};
  return x => activation.apply(x);
}
