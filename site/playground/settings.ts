// What the user chooses. The page keeps it in its address, behind #; an address may also have it behind ?.
import {nearestName} from '../../src/arguments/nearest-name.js';

export const dataNames = ['spirals', 'digits', 'mnist', 'own'] as const;
export const networkNames = ['mlp', 'cnn', 'own'] as const;
export const optimizerNames = ['sgd', 'momentum', 'adam'] as const;
export const engineNames = ['webgpu', 'webgl', 'wasm', 'cpu'] as const;

/** An engine of TensorFlow.js, by its name there. */
export type EngineName = (typeof engineNames)[number];

export interface Settings {
  readonly data: (typeof dataNames)[number];
  readonly network: (typeof networkNames)[number];
  readonly optimizer: (typeof optimizerNames)[number];
  readonly engine: EngineName | 'auto';
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
  engine: 'auto',
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

interface Reader {
  /** What the text must be, in words. */
  readonly rule: string;
  /** @returns `undefined` for a text that is something else. */
  read(text: string): unknown;
}

const among = (names: readonly string[]): Reader => ({
  rule: `one of ${names.join(', ')}`,
  read: text => (names.includes(text) ? text : undefined),
});
const number = (least: number, most: number, isWhole: boolean): Reader => ({
  rule: `a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`,
  read(text) {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const isRight = value >= least && value <= most && (!isWhole || Number.isInteger(value));
    return isRight ? value : undefined;
  },
});

const readers: Readonly<Record<keyof Settings, Reader>> = {
  data: among(dataNames),
  network: among(networkNames),
  optimizer: among(optimizerNames),
  engine: among(['auto', ...engineNames]),
  rows: number(2, 100_000, true),
  batch: number(0, 100_000, true),
  every: number(1, 100_000, true),
  seed: number(0, 2 ** 31, true),
  rate: number(1e-6, 100, false),
  strength: number(0, 100, false),
  layers: {rule: 'all, middle or the name of a layer', read: text => (text === '' ? undefined : text)},
};
const names = Object.keys(readers) as (keyof Settings)[];

/** The parts of a page's address. */
export interface Address {
  /** What follows `?`. */
  readonly search?: string;
  /** What follows `#`. It wins. */
  readonly hash: string;
}

/** The settings in an address. What is missing or wrong there keeps its default. */
export function settingsIn({search = '', hash}: Address): Settings {
  const query = queryOf(search);
  for (const [name, text] of queryOf(hash)) query.set(name, text);
  const read = (name: keyof Settings) => {
    const text = query.get(name);
    return text === null ? undefined : readers[name].read(text);
  };
  const data = (read('data') as Settings['data'] | undefined) ?? defaults.data;
  const start = {...defaults, ...presets[data], data};
  const known = names.map(name => [name, read(name)] as const).filter(([, value]) => value !== undefined);
  return {...start, ...Object.fromEntries(known)};
}

/** What the page does not follow in its address, a sentence each. Behind `?` others may have written names of their own. */
export function mistakesIn({search = '', hash}: Address): string[] {
  const wrong = ([name, text]: [string, string]) => {
    const reader = readers[name as keyof Settings];
    if (reader === undefined) {
      const near = nearestName(name, names);
      return [
        `The address has ${name}, which is no setting; ${near ? `did you mean ${near}?` : `settings: ${names.join(', ')}.`}`,
      ];
    }
    if (reader.read(text) !== undefined) return [];
    return [`The address has ${name}=${text}, which must be ${reader.rule}; the page goes on without it.`];
  };
  return [
    ...[...queryOf(search)].filter(([name]) => name in readers).flatMap(wrong),
    ...[...queryOf(hash)].flatMap(wrong),
  ];
}

function queryOf(text: string): URLSearchParams {
  return new URLSearchParams(text.replace(/^[#?]/, ''));
}

/** The address of some settings: those that differ from what their data begin with. */
export function hashOf(settings: Settings): string {
  const start: Settings = {...defaults, ...presets[settings.data], data: settings.data};
  const query = new URLSearchParams({data: settings.data});
  for (const name of names) {
    if (settings[name] !== start[name]) query.set(name, String(settings[name]));
  }
  return `#${query}`;
}
