/** Something that holds tensors or other resources until it is disposed. */
export interface Disposable {
  dispose(): void;
}

/** The resources of a scope. */
export interface Owned {
  /** Disposes the resource when the scope ends, and returns it. */
  use<T extends Disposable | null>(resource: T): T;
  /** Leaves a used resource alone when the scope ends: it belongs to the caller now. */
  handOver<T extends Disposable | null>(resource: T): T;
}

/**
 * Runs a function that uses resources, and disposes them when it ends, the newest first. If it returns a promise, it ends when
 * the promise settles.
 *
 * This is what `using` and `DisposableStack` do. They need `Symbol.dispose`, which tensors, Safari and early Node 20 lack.
 *
 * @example
 * const product = withOwned(owned => {
 *   const v = owned.use(tf.ones([n]));
 *   return op.matvec(v);
 * });
 */
export function withOwned<T>(body: (owned: Owned) => T): T {
  const resources = new Set<Disposable>();
  const end = () => {
    for (const resource of [...resources].reverse()) resource.dispose();
  };
  const owned: Owned = {
    use(resource) {
      if (resource !== null) resources.add(resource);
      return resource;
    },
    handOver(resource) {
      if (resource !== null) resources.delete(resource);
      return resource;
    },
  };
  let result: T;
  try {
    result = body(owned);
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) return result.finally(end) as T;
  end();
  return result;
}
