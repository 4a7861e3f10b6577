const MOST_LETTERS = 80;

/** A value as text for an error message. Short; never throws. */
export function show(value: unknown): string {
  try {
    return shorten(text(value));
  } catch {
    return 'something that cannot be shown';
  }
}

function text(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return nameOf(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isTensor(value)) return tensorText(value);
  if (value instanceof Promise) return 'a promise';
  const prototype = Object.getPrototypeOf(value);
  if (Array.isArray(value) || prototype === null || prototype === Object.prototype) return json(value);
  const name = prototype.constructor.name || 'nameless class';
  const length = ArrayBuffer.isView(value) && 'length' in value ? ` of length ${value.length}` : '';
  return `${articleOf(name)} ${name}${length}`;
}

/** A function with its kind: rules forbid some kinds. */
function nameOf(value: {readonly name: string}): string {
  const [, async = '', star = ''] = /^\[object (Async)?(Generator)?Function\]$/.exec(tagOf(value)) ?? [];
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  const kind = isClass ? 'class' : `${async && 'async '}${star && 'generator '}function`;
  return value.name === '' ? `${articleOf(kind)} ${kind}` : `the ${kind} ${value.name}`;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function articleOf(word: string): string {
  return /^[AEIOUaeiou]/.test(word) ? 'an' : 'a';
}

interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposed?: boolean;
}

function isTensor(value: object): value is TensorLike {
  return 'dtype' in value && 'shape' in value && Array.isArray(value.shape);
}

/** A tensor with what rules forbid: another type than float32, and that it is disposed of. */
function tensorText({shape, dtype, isDisposed}: TensorLike): string {
  const type = dtype === 'float32' ? '' : `${dtype} `;
  return `${articleOf(type || 'tensor')} ${type}tensor of shape [${shape.join(', ')}]${isDisposed ? ' that is disposed of' : ''}`;
}

/** Like JSON, but with `undefined`, functions and other values that JSON omits. */
function json(value: object): string {
  const entries = Object.entries(value).slice(0, 20);
  const parts = entries.map(([key, each]) => {
    const shown = typeof each === 'object' && each !== null && !Array.isArray(each) ? '{…}' : show(each);
    return Array.isArray(value) ? shown : `${key}: ${shown}`;
  });
  const list = parts.join(', ');
  return Array.isArray(value) ? `[${list}]` : `{${list}}`;
}

function shorten(long: string): string {
  return long.length <= MOST_LETTERS ? long : `${long.slice(0, MOST_LETTERS)}…`;
}
