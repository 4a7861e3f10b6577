import type {HeatName, RunFacts, RunView, SampleNotice, SpectraMoment} from '../answers.js';
import type {TimeUnit} from './pictures/timeline.js';

/** The data for the pictures of a run. */
export interface RunData {
  readonly view: RunView;
  readonly spectra: readonly SpectraMoment[];
}

export type Connection = 'connecting' | 'live' | 'lost';

/** The state of the page. */
export interface PageState {
  connection: Connection;
  runs: readonly RunFacts[];
  /** The keys of the runs that the user has named. */
  named: ReadonlySet<string>;
  /** The newest samples, newest last. */
  notices: SampleNotice[];
  /** The key of the chosen run; `null` follows the newest run. */
  chosenRun: string | null;
  /** The keys of the runs for comparison; `null`: the run before the shown one. */
  chosenOthers: readonly string[] | null;
  /** The names of the shown layers, where `null` is the network; `null` before the first sample. */
  layers: Set<string | null> | null;
  /** The shown range of steps; `null`: all. */
  zoom: readonly [from: number, to: number] | null;
  /** The step under the pointer. */
  cursor: number | null;
  heat: HeatName;
  /** What the horizontal axes show. */
  unit: TimeUnit;
  /** The scale of the vertical axes; 'auto': that of each picture. */
  scale: 'auto' | 'linear' | 'log';
  /** The half-life of the smoothing, in moments; 0: none. */
  smoothing: number;
  /** Why the shown layers are those that are shown; '' if the user chose them. */
  whyLayers: string;
  theme: 'light' | 'dark';
  main: RunData | null;
  others: readonly RunData[];
}

export function newState(): PageState {
  return {
    connection: 'connecting',
    runs: [],
    named: new Set(),
    notices: [],
    chosenRun: null,
    chosenOthers: null,
    layers: null,
    zoom: null,
    cursor: null,
    heat: 'top',
    unit: 'step',
    scale: 'auto',
    smoothing: 0,
    whyLayers: '',
    theme: 'light',
    main: null,
    others: [],
  };
}

/** The key of the newest run, unless another one was chosen. */
export function mainRun({runs, chosenRun}: PageState): string | null {
  return runs.some(({key}) => key === chosenRun) ? chosenRun : (runs.at(-1)?.key ?? null);
}

/** The keys of the runs for comparison. */
export function otherRuns(state: PageState): readonly string[] {
  const main = mainRun(state);
  const others = state.runs.filter(({key}) => key !== main).map(({key}) => key);
  if (state.chosenOthers === null) return others.slice(-1);
  return [...new Set(state.chosenOthers)].filter(key => others.includes(key));
}
