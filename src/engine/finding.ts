/** The state of one thing that the native engine depends on. */
export interface Finding {
  readonly name: string;
  /** `note`: not needed now, or good to know. */
  readonly status: 'ok' | 'note' | 'broken';
  readonly found: string;
  /** What to do if something is missing. */
  readonly fix: string | null;
}

export function finding(name: string, found: string): Finding {
  return {name, status: 'ok', found, fix: null};
}

export function note(name: string, found: string, fix: string | null = null): Finding {
  return {name, status: 'note', found, fix};
}

export function broken(name: string, found: string, fix: string): Finding {
  return {name, status: 'broken', found, fix};
}
