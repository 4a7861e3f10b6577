import type {HeatName, RunFacts, RunView, SampleNotice, SpectraMoment} from '../answers.js';

/** What a run's pictures are drawn from. */
export interface RunData {
  readonly view: RunView;
  readonly spectra: readonly SpectraMoment[];
}

export type Connection = 'connecting' | 'live' | 'lost';

/** All that the page shows. */
export interface PageState {
  connection: Connection;
  runs: readonly RunFacts[];
  /** The newest samples, newest last. */
  notices: SampleNotice[];
  /** `null` follows the newest run. */
  chosenRun: string | null;
  /** `null` is none; undefined the run before the shown one. */
  chosenOther: string | null | undefined;
  /** Names of layers; `null` is the network. Not set before the first sample. */
  layers: Set<string | null> | null;
  /** Steps. */
  zoom: readonly [from: number, to: number] | null;
  /** The step that is pointed at. */
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

/** The run that began last, unless another one was chosen. */
export function mainRun({runs, chosenRun}: PageState): string | null {
  return runs.some(({key}) => key === chosenRun) ? chosenRun : (runs.at(-1)?.key ?? null);
}

export function otherRun(state: PageState): string | null {
  const main = mainRun(state);
  const others = state.runs.filter(({key}) => key !== main).map(({key}) => key);
  if (state.chosenOther === undefined) return others.at(-1) ?? null;
  return others.includes(state.chosenOther!) ? state.chosenOther : null;
}
