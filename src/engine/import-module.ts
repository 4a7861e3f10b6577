import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {sep} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Tensor} from '@tensorflow/tfjs-core';
import {serialization} from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../errors.js';
import {type CustomObjects, noCustomObjects} from '../keras/custom-objects.js';
import type {LossFunction} from '../keras/losses.js';
import {type NamedClass, registerClass} from '../tfjs-internals/layers/registry.js';

/**
 * Checks that the modules exist.
 *
 * @throws InvalidArgumentError if one does not.
 */
export function checkModules(paths: readonly string[]): void {
  const missing = paths.find(path => !existsSync(path));
  if (missing !== undefined) {
    throw new InvalidArgumentError(
      `--import ${missing}: it does not exist; name a JavaScript module, such as layers.mjs.`,
    );
  }
}

/**
 * Imports modules of the user. Layer classes that they register or export become known to tfjs-layers; functions that they
 * export become losses.
 *
 * @throws InvalidArgumentError if a module fails, or uses another copy of TensorFlow.js than this package.
 */
export async function importModules(paths: readonly string[]): Promise<CustomObjects> {
  if (paths.length === 0) return noCustomObjects;
  const before = registered();
  const losses = new Map<string, LossFunction>();
  for (const path of paths) {
    const exported = await load(path);
    checkCopies(path);
    for (const [name, value] of Object.entries(exported)) {
      if (typeof value !== 'function') continue;
      if (!isClass(value)) {
        losses.set(name, value as (yTrue: Tensor, yPred: Tensor) => Tensor);
        continue;
      }
      if (!hasClassName(value)) continue;
      const {className} = value;
      checkLayer(path, className, value);
      if (registered().get(className) !== value) registerClass(value);
    }
  }
  const now = registered();
  const classes = [...now.keys()].filter(name => now.get(name) !== before.get(name));
  return {classes: new Set(classes), losses};
}

async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    const {message} = error as Error;
    const hint = /Cannot find (package|module) '@tensorflow\//.test(message)
      ? '; keep the file in the project in which TensorFlow.js is installed'
      : '';
    throw new InvalidArgumentError(`--import ${path} fails: ${message.replaceAll(/\s+/g, ' ').trim()}${hint}.`, {
      cause: error,
    });
  }
}

function registered(): Map<string, unknown> {
  const {classNameMap} = serialization.SerializationMap.getMap();
  return new Map(Object.entries(classNameMap).map(([name, [cls]]) => [name, cls]));
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value)) || 'className' in value;
}

function hasClassName(value: object): value is NamedClass {
  return typeof (value as Partial<NamedClass>).className === 'string';
}

/** Refuses a class that extends the Layer of another copy of tfjs-layers. */
function checkLayer(path: string, className: string, value: object): void {
  const {prototype} = value as {prototype: object};
  if (prototype instanceof serialization.Serializable && !looksLikeLayer(prototype)) return;
  if (prototype instanceof layers.Layer) return;
  throw twoCopies(path, `its class ${className} extends the Layer of another copy`);
}

function looksLikeLayer(prototype: object): boolean {
  return 'computeOutputShape' in prototype;
}

const PACKAGES = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'];

/** Refuses a module that loads a second copy of TensorFlow.js. */
function checkCopies(path: string): void {
  const files = Object.keys(createRequire(import.meta.url).cache ?? {});
  for (const name of PACKAGES) {
    const inside = `${sep}node_modules${sep}${name.replace('/', sep)}${sep}`;
    const roots = new Set(
      files.filter(file => file.includes(inside)).map(file => file.slice(0, file.lastIndexOf(inside) + inside.length)),
    );
    if (roots.size > 1) throw twoCopies(path, `there is a copy of ${name} in ${[...roots].join(' and in ')}`);
  }
}

function twoCopies(path: string, what: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `--import ${path} uses another copy of TensorFlow.js than tfjs-hessian: ${what}. Keep the file in the project in which ` +
      'tfjs-hessian is installed, give all @tensorflow packages the same version there, and run `npm dedupe`.',
  );
}
