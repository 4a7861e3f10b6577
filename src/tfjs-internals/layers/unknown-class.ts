/** A class that a model's JSON names and that is not registered with tfjs-layers. */
export interface UnknownClass {
  /** `layer`, `regularizer`, `activation`, … */
  readonly kind: string;
  readonly className: string;
}

/** The class that tfjs-layers did not find, from its message; `null` for another message. It has no type for that error. */
export function unknownClass(message: string): UnknownClass | null {
  const [, kind, className] = /^Unknown (\w+): ([^ ]+)\. /.exec(message) ?? [];
  return kind === undefined || className === undefined ? null : {kind, className};
}
