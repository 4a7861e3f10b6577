import type {RunFacts, SampleNotice} from '../answers.js';
import {element} from './element.js';
import {count, estimate, number} from './pictures/numbers.js';
import type {PageState} from './state.js';
import {mainRun, otherRuns} from './state.js';

export interface HeadingListener {
  onRun(key: string): void;
  /** The runs for comparison have been chosen, in order. */
  onOthers(keys: readonly string[]): void;
  onName(key: string, name: string): void;
  onFile(file: File): void;
  onTable(): void;
  onTheme(): void;
}

const WORDS = {connecting: 'connecting', live: 'live', lost: 'connection lost, trying again'} as const;
/** The time between two samples that are announced, in milliseconds. */
const SPOKEN = 5000;
/** The largest number of runs for comparison. */
const MOST_OTHERS = 4;

/** The heading: the shown run, its state, and controls for the whole page. */
export class Heading {
  readonly root: HTMLElement;
  private readonly runs: HTMLSelectElement;
  /** A choice for each run for comparison, and one for a further run. */
  private readonly others: readonly Other[];
  private readonly name: HTMLInputElement;
  private readonly state = element('span', {class: 'state', role: 'status'});
  private readonly spoken = element('p', {class: 'unseen', role: 'status', 'aria-live': 'polite', id: 'newest'});
  private readonly facts = new Map(
    [
      'Epoch',
      'Step',
      'Loss',
      'Trace',
      'Largest eigenvalue',
      'Learning rate',
      'Samples',
      'Failed samples',
      'Last sample',
      'Sampling takes',
    ].map(name => [name, element('dd')]),
  );
  private lastSpoken = 0;
  /** The time of the newest sample. */
  private newest: string | null = null;

  constructor(listener: HeadingListener) {
    this.runs = element('select', {id: 'run', change: () => listener.onRun(this.runs.value)});
    const choose = () => listener.onOthers(this.others.map(({select}) => select.value).filter(value => value !== ''));
    this.others = Array.from({length: MOST_OTHERS}, (_, i) => makeOther(i, choose));
    this.name = element('input', {
      type: 'text',
      maxlength: 60,
      placeholder: 'name this run',
      'aria-label': 'Name of the run',
      change: () => this.runs.value !== '' && listener.onName(this.runs.value, this.name.value.trim()),
    });
    const file = element('input', {
      type: 'file',
      accept: '.ndjson',
      class: 'unseen',
      tabindex: -1,
      'aria-label': 'A run to open',
      change: () => {
        const [chosen] = file.files ?? [];
        if (chosen) listener.onFile(chosen);
        file.value = '';
      },
    });
    const button = (name: string, title: string, click: () => void) =>
      element('button', {type: 'button', title, click}, name);
    this.root = element(
      'header',
      {class: 'heading'},
      element(
        'div',
        {class: 'bar'},
        element('h1', {}, 'tfjs-hessian'),
        element('span', {class: 'pick'}, element('label', {for: 'run'}, 'run'), this.runs),
        this.name,
        ...this.others.map(({root}) => root),
        this.state,
        element(
          'div',
          {class: 'actions'},
          file,
          button('Open a run', 'A file of ndjson(path) for comparison; it can also be dropped on the page', () =>
            file.click(),
          ),
          button('CSV', 'All numbers of the chosen layers and steps', () => listener.onTable()),
          element(
            'button',
            {type: 'button', title: 'Light or dark', 'aria-label': 'Light or dark', click: () => listener.onTheme()},
            '◐',
          ),
        ),
      ),
      element(
        'dl',
        {class: 'facts'},
        ...[...this.facts].map(([name, value]) => element('div', {}, element('dt', {}, name), value)),
      ),
      this.spoken,
    );
    setInterval(this.tick, 1000);
  }

  show(state: PageState): void {
    const main = mainRun(state);
    const chosen = otherRuns(state);
    fill(
      this.runs,
      state.runs.map(({key, label}) => ({key, label})),
      main,
    );
    const others = state.runs.filter(({key}) => key !== main);
    for (const [i, {root, select}] of this.others.entries()) {
      const free = others.filter(({key}) => !chosen.slice(0, i).includes(key));
      // The next choice is offered when the one before is made.
      root.hidden = i > chosen.length || free.length === 0;
      fill(select, [{key: '', label: 'none'}, ...free], chosen[i] ?? '');
    }
    const facts = state.runs.find(({key}) => key === main);
    this.name.hidden = facts === undefined;
    if (document.activeElement !== this.name) this.name.value = state.named.has(facts?.key ?? '') ? facts!.label : '';
    this.showTimes(facts);
    const isLive = state.connection === 'live';
    const word = isLive && facts?.hasEnded ? 'ended' : WORDS[state.connection];
    this.state.textContent = [word, ...(facts ? failingWords(facts) : [])].join(' · ');
    this.state.dataset.state = isLive && facts?.hasEnded ? 'ended' : state.connection;
    this.state.dataset.failing = String((facts?.failed ?? 0) > 0);
    document.title = facts ? `${facts.label} – tfjs-hessian` : 'tfjs-hessian';
    const newest = state.notices.findLast(({run}) => run === main);
    const set = (name: string, value: string) => {
      this.facts.get(name)!.textContent = value;
    };
    set('Samples', facts ? count(facts.samples) : '–');
    set('Failed samples', facts ? count(facts.failed) : '–');
    this.facts.get('Failed samples')!.parentElement!.hidden = !facts?.failed;
    const moments = state.main?.view.moments;
    const k = (moments?.step.length ?? 0) - 1;
    const network = state.main?.view.blocks.find(({layer}) => layer === null);
    set(
      'Epoch',
      newest ? String(newest.epoch + 1) : moments?.epoch[k] === undefined ? '–' : String(moments.epoch[k]! + 1),
    );
    set('Step', (newest?.step ?? moments?.step[k])?.toLocaleString('en') ?? '–');
    set('Loss', number(newest?.loss ?? moments?.loss[k], 3));
    set('Learning rate', number(newest ? newest.learningRate : moments?.learningRate[k], 3));
    set('Trace', newest ? estimate(newest.trace, newest.traceStandardError) : number(network?.trace.value[k]));
    set('Largest eigenvalue', newest ? estimate(newest.top, newest.topResidual) : number(network?.top.value[k]));
  }

  /** When the newest sample came, and what sampling costs. */
  private showTimes(facts: RunFacts | undefined): void {
    const newest = facts?.newest ?? null;
    const last = this.facts.get('Last sample')!;
    const cost = this.facts.get('Sampling takes')!;
    this.newest = newest?.time ?? null;
    this.tick();
    last.title = newest === null ? '' : new Date(newest.time).toLocaleString();
    cost.textContent =
      newest === null ? '–' : `${number(100 * newest.share, 2)} % of the time, ${duration(newest.milliseconds)} each`;
    cost.title =
      'The share of the training time that training has waited for samples, and how long the newest one took';
  }

  private readonly tick = (): void => {
    const words = this.newest === null ? '–' : ago(Date.now() - Date.parse(this.newest));
    const last = this.facts.get('Last sample')!;
    if (last.textContent !== words) last.textContent = words;
  };

  /** Announces the newest sample to screen readers, but not too often. */
  speak({epoch, step, index, loss, trace, top}: SampleNotice): void {
    const now = performance.now();
    if (this.lastSpoken !== 0 && now - this.lastSpoken < SPOKEN) return;
    this.lastSpoken = now;
    this.spoken.textContent = `Sample ${index}: epoch ${epoch + 1}, step ${step}, loss ${number(loss, 3)}, trace ${number(trace, 3)}, largest eigenvalue ${number(top, 3)}.`;
  }
}

interface Other {
  readonly root: HTMLElement;
  readonly select: HTMLSelectElement;
}

/** A choice of a run for comparison. */
function makeOther(index: number, change: () => void): Other {
  const id = `other-${index}`;
  const select = element('select', {id, change});
  const label = element('label', {for: id}, index === 0 ? 'compared with' : 'and');
  return {select, root: element('span', {class: 'pick', hidden: true}, label, select)};
}

function ago(milliseconds: number): string {
  return milliseconds < 2000 ? 'now' : `${duration(milliseconds)} ago`;
}

function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${Math.round(milliseconds)} ms`;
  if (seconds < 90) return `${number(seconds, 2)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${number(seconds / 3600, 2)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** What the state says of failures. */
function failingWords({failed, due, isFailing, failure}: RunFacts): string[] {
  if (failed === 0) return [];
  const counted = `${count(failed)} of ${count(due)} samples failed`;
  return [isFailing && failure !== null ? `${counted}, the newest at step ${count(failure.step)}` : counted];
}

function fill(
  select: HTMLSelectElement,
  options: readonly {readonly key: string; readonly label: string}[],
  chosen: string | null,
): void {
  const same =
    select.options.length === options.length &&
    options.every(({key, label}, i) => select.options[i]!.value === key && select.options[i]!.text === label);
  if (!same) select.replaceChildren(...options.map(({key, label}) => element('option', {value: key}, label)));
  select.value = chosen ?? '';
}
