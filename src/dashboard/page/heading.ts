import type {RunFacts, SampleNotice} from '../answers.js';
import {element} from './element.js';
import {count, estimate, number} from './pictures/numbers.js';
import type {PageState} from './state.js';
import {mainRun, otherRun} from './state.js';

export interface HeadingListener {
  onRun(key: string): void;
  onOther(key: string | null): void;
  onFile(file: File): void;
  onTable(): void;
  onTheme(): void;
}

const WORDS = {connecting: 'connecting', live: 'live', lost: 'connection lost, trying again'} as const;
/** The time between two samples that are announced, in milliseconds. */
const SPOKEN = 5000;

/** The heading: the shown run, its state, and controls for the whole page. */
export class Heading {
  readonly root: HTMLElement;
  private readonly runs: HTMLSelectElement;
  private readonly others: HTMLSelectElement;
  private readonly otherLabel: HTMLElement;
  private readonly state = element('span', {class: 'state', role: 'status'});
  private readonly spoken = element('p', {class: 'unseen', role: 'status', 'aria-live': 'polite', id: 'newest'});
  private readonly facts = new Map(
    ['Epoch', 'Step', 'Loss', 'Trace', 'Largest eigenvalue', 'Learning rate', 'Samples', 'Failed samples'].map(name => [
      name,
      element('dd'),
    ]),
  );
  private lastSpoken = 0;

  constructor(listener: HeadingListener) {
    this.runs = element('select', {id: 'run', change: () => listener.onRun(this.runs.value)});
    this.others = element('select', {id: 'other', change: () => listener.onOther(this.others.value || null)});
    this.otherLabel = element(
      'span',
      {class: 'pick', hidden: true},
      element('i', {class: 'line dashed', hidden: true}),
      element('label', {for: 'other'}, 'compared with'),
      this.others,
    );
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
        element(
          'span',
          {class: 'pick'},
          element('i', {class: 'line', hidden: true}),
          element('label', {for: 'run'}, 'run'),
          this.runs,
        ),
        this.otherLabel,
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
  }

  show(state: PageState): void {
    const main = mainRun(state);
    const other = otherRun(state);
    fill(
      this.runs,
      state.runs.map(({key, label}) => ({key, label})),
      main,
    );
    const others = state.runs.filter(({key}) => key !== main);
    fill(this.others, [{key: '', label: 'none'}, ...others], other ?? '');
    this.otherLabel.hidden = others.length === 0;
    // The line styles of the two runs, as a legend.
    for (const line of this.root.querySelectorAll('.line')) (line as HTMLElement).hidden = other === null;
    const facts = state.runs.find(({key}) => key === main);
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

  /** Announces the newest sample to screen readers, but not too often. */
  speak({epoch, step, index, loss, trace, top}: SampleNotice): void {
    const now = performance.now();
    if (this.lastSpoken !== 0 && now - this.lastSpoken < SPOKEN) return;
    this.lastSpoken = now;
    this.spoken.textContent = `Sample ${index}: epoch ${epoch + 1}, step ${step}, loss ${number(loss, 3)}, trace ${number(trace, 3)}, largest eigenvalue ${number(top, 3)}.`;
  }
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
