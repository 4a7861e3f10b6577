import {InvalidArgumentError} from '../errors.js';
import type {LayerConfig} from './layer-config.js';

/** A model is refused because of one of its layers. The message names the layer, the reason and the way out. */
export function refusal({class_name, config}: LayerConfig, reason: string, way: string): InvalidArgumentError {
  return new InvalidArgumentError(`Layer "${config.name}" (${class_name}) ${reason}; ${way}.`);
}

/** How a setting is shown in a message. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
