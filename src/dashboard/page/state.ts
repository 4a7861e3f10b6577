import type {HeatName, RunFacts, RunView, SampleNotice, SpectraMoment} from '../answers.js';

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
  /** The newest samples, newest last. */
  notices: SampleNotice[];
  /** The key of the chosen run; `null` follows the newest run. */
  chosenRun: string | null;
  /** The key of the run for comparison; `null`: none, `undefined`: the run before the shown one. */
  chosenOther: string | null | undefined;
  /** The names of the shown layers, where `null` is the network; `null` before the first sample. */
  layers: Set<string | null> | null;
  /** The shown range of steps; `null`: all. */
  zoom: readonly [from: number, to: number] | null;
  /** The step under the pointer. */
  cursor: number | null;
  heat: HeatName;
  theme: 'light' | 'dark';
  main: RunData | null;
  other: RunData | null;
}

export function newState(): PageState {
  return {
    connection: 'connecting',
    runs: [],
    notices: [],
    chosenRun: null,
    chosenOther: undefined,
    layers: null,
    zoom: null,
    cursor: null,
    heat: 'top',
    theme: 'light',
    main: null,
    other: null,
  };
}

/** The key of the newest run, unless another one was chosen. */
export function mainRun({runs, chosenRun}: PageState): string | null {
  return runs.some(({key}) => key === chosenRun) ? chosenRun : (runs.at(-1)?.key ?? null);
}

export function otherRun(state: PageState): string | null {
  const main = mainRun(state);
  const others = state.runs.filter(({key}) => key !== main).map(({key}) => key);
  if (state.chosenOther === undefined) return others.at(-1) ?? null;
  return others.includes(state.chosenOther!) ? state.chosenOther : null;
}
