// What the user chooses. It stands in the page's address, behind #.

export const dataNames = ['spirals', 'digits', 'mnist', 'own'] as const;
export const networkNames = ['mlp', 'cnn', 'own'] as const;
export const optimizerNames = ['sgd', 'momentum', 'adam'] as const;
export const backendNames = ['auto', 'webgpu', 'webgl', 'wasm', 'cpu'] as const;

export interface Settings {
  readonly data: (typeof dataNames)[number];
  readonly network: (typeof networkNames)[number];
  readonly optimizer: (typeof optimizerNames)[number];
  readonly backend: (typeof backendNames)[number];
  /** The number of rows of the data set; also that of a step's batch if `batch` is 0. */
  readonly rows: number;
  /** The rows of a step; 0: all. */
  readonly batch: number;
  /** Steps from one sample to the next. */
  readonly every: number;
  readonly seed: number;
  readonly rate: number;
  /** The strength of the penalty; 0: none. */
  readonly strength: number;
  /** The penalized layers: `all`, `middle` or a layer's name. */
  readonly layers: string;
}

/** What can change while a training runs. */
export type LiveSettings = Pick<Settings, 'rate' | 'strength' | 'layers'>;

export const defaults: Settings = {
  data: 'spirals',
  network: 'mlp',
  optimizer: 'sgd',
  backend: 'auto',
  rows: 150,
  batch: 0,
  every: 25,
  seed: 1,
  rate: 0.3,
  strength: 0,
  layers: 'all',
};

/** The data that each choice of data begins with. */
export const presets: Readonly<Record<Settings['data'], Partial<Settings>>> = {
  spirals: {network: 'mlp', optimizer: 'sgd', rows: 150, batch: 0, every: 25, rate: 0.3},
  digits: {network: 'mlp', optimizer: 'sgd', rows: 500, batch: 100, every: 25, rate: 0.1},
  mnist: {network: 'mlp', optimizer: 'sgd', rows: 1000, batch: 100, every: 25, rate: 0.1},
  own: {network: 'own', optimizer: 'sgd', rows: 1000, batch: 64, every: 10, rate: 0.01},
};

type Reader = (text: string) => unknown;

const among =
  (names: readonly string[]): Reader =>
  text =>
    names.includes(text) ? text : undefined;
const number =
  (least: number, most: number, isWhole: boolean): Reader =>
  text => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const isRight = value >= least && value <= most && (!isWhole || Number.isInteger(value));
    return isRight ? value : undefined;
  };

const readers: Readonly<Record<keyof Settings, Reader>> = {
  data: among(dataNames),
  network: among(networkNames),
  optimizer: among(optimizerNames),
  backend: among(backendNames),
  rows: number(2, 100_000, true),
  batch: number(0, 100_000, true),
  every: number(1, 100_000, true),
  seed: number(0, 2 ** 31, true),
  rate: number(1e-6, 100, false),
  strength: number(0, 100, false),
  layers: text => (text === '' ? undefined : text),
};

/** The settings in an address. What is missing or wrong there keeps its default. */
export function settingsIn(hash: string): Settings {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const read = (name: keyof Settings) => {
    const text = query.get(name);
    return text === null ? undefined : readers[name](text);
  };
  const data = (read('data') as Settings['data'] | undefined) ?? defaults.data;
  const start = {...defaults, ...presets[data], data};
  const names = Object.keys(readers) as (keyof Settings)[];
  const known = names.map(name => [name, read(name)] as const).filter(([, value]) => value !== undefined);
  return {...start, ...Object.fromEntries(known)};
}

/** The address of some settings: those that differ from what their data begin with. */
export function hashOf(settings: Settings): string {
  const start: Settings = {...defaults, ...presets[settings.data], data: settings.data};
  const query = new URLSearchParams({data: settings.data});
  for (const name of Object.keys(readers) as (keyof Settings)[]) {
    if (settings[name] !== start[name]) query.set(name, String(settings[name]));
  }
  return `#${query}`;
}
