const KEY = 'tfjs-hessian run names';
/** The oldest names are forgotten. */
const MOST = 200;

/** The names that the user gave to runs. They stay in the browser. */
export class RunNames {
  private readonly names: Map<string, string>;

  constructor() {
    this.names = new Map(read());
  }

  labelOf({key, label}: {readonly key: string; readonly label: string}): string {
    return this.names.get(key) ?? label;
  }

  get keys(): ReadonlySet<string> {
    return new Set(this.names.keys());
  }

  /** @param name '' for the name that the run has by itself. */
  rename(key: string, name: string): void {
    this.names.delete(key);
    if (name !== '') this.names.set(key, name);
    try {
      localStorage.setItem(KEY, JSON.stringify([...this.names].slice(-MOST)));
    } catch {
      // A browser may refuse access to local storage: the name is kept until the page is closed.
    }
  }
}

function read(): [string, string][] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept)
      ? (kept as [string, string][]).filter(each => [each?.[0], each?.[1]].every(part => typeof part === 'string'))
      : [];
  } catch {
    return [];
  }
}
