import {InvalidArgumentError} from '../errors.js';
import type {LayerConfig} from './layer-config.js';

/** The error for a model that is refused because of one of its layers. It names the layer, the reason and the way out. */
export function refusal({class_name, config}: LayerConfig, reason: string, way: string): InvalidArgumentError {
  return new InvalidArgumentError(`Layer "${config.name}" (${class_name}) ${reason}; ${way}.`);
}

/** A setting as text for a message. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
