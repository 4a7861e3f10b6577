import {type Undo, undoAll} from './undo.js';

/**
 * Replaces properties of an object until the returned function is called.
 *
 * The undo restores each property's own descriptor, or its absence. Replacements of the same property may be undone in any
 * order: the property goes back to what was there before them when the last is undone. A replacement that calls what it found
 * goes on calling it until it is undone itself.
 *
 * @param overrides the new properties. A getter or setter stays one. A value for an own property with a setter is set by it.
 */
export function patch<T extends object>(target: T, overrides: Partial<T>): Undo {
  return undoAll(
    Reflect.ownKeys(overrides).map(key => {
      const override = Object.getOwnPropertyDescriptor(overrides, key)!;
      const current = Object.getOwnPropertyDescriptor(target, key);
      if (current?.set !== undefined && 'value' in override) {
        return replaceIn<unknown>(target, key, override.value, {
          read: () => Reflect.get(target, key),
          write: value => Reflect.set(target, key, value),
        });
      }
      // A method of a class stays out of `for … in`.
      return replaceIn(
        target,
        key,
        {...override, enumerable: current?.enumerable ?? true},
        {
          read: () => Object.getOwnPropertyDescriptor(target, key),
          write(descriptor) {
            if (descriptor === undefined) Reflect.deleteProperty(target, key);
            else Object.defineProperty(target, key, descriptor);
          },
        },
      );
    }),
  );
}

/** A place that holds a value or none, such as a property or an entry of a registry. */
export interface Place<T> {
  read(): T | undefined;
  write(value: T | undefined): void;
}

interface Replacement {
  /** What was there before it. */
  before: unknown;
}

/** The replacements of each place that are not undone yet, oldest first. */
const replacements = new WeakMap<object, Map<PropertyKey, Replacement[]>>();

/** Replaces the value of a place until the returned function is called. `owner` and `key` identify the place. */
export function replaceIn<T>(owner: object, key: PropertyKey, value: T, place: Place<T>): Undo {
  const ofOwner = replacements.get(owner) ?? new Map<PropertyKey, Replacement[]>();
  replacements.set(owner, ofOwner);
  const stack = ofOwner.get(key) ?? [];
  ofOwner.set(key, stack);
  const replacement: Replacement = {before: place.read()};
  place.write(value);
  stack.push(replacement);
  return () => {
    const at = stack.indexOf(replacement);
    if (at < 0) return;
    stack.splice(at, 1);
    const next = stack[at];
    // A later replacement is still in force: it now restores what this one would have.
    if (next !== undefined) next.before = replacement.before;
    else place.write(replacement.before as T | undefined);
    if (stack.length === 0) ofOwner.delete(key);
  };
}
