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
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (isTensor(value)) return `a tensor of shape [${value.shape.join(', ')}]`;
  const prototype = Object.getPrototypeOf(value);
  if (Array.isArray(value) || prototype === null || prototype === Object.prototype) return json(value);
  return `a ${prototype.constructor.name || 'nameless class'}`;
}

function isTensor(value: object): value is {shape: number[]} {
  return 'dtype' in value && 'shape' in value && Array.isArray(value.shape);
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
