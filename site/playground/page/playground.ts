// The playground: the page side. The training and its samples run in a worker.
import type {HessianSample} from 'tfjs-hessian';
import {element} from '../../../src/dashboard/page/element.js';
import {estimate, number} from '../../../src/dashboard/page/pictures/numbers.js';
import {save} from '../../../src/dashboard/page/pictures/save.js';
import {darkPalette, lightPalette} from '../../../src/report/palette.js';
import {recordLine} from '../../../src/sinks/sample-line.js';
import {engineTitles} from '../engine-titles.js';
import type {EngineFailure, FromWorker, ToWorker} from '../messages.js';
import type {Settings} from '../settings.js';
import {hashOf, mistakesIn, settingsIn} from '../settings.js';
import {Controls} from './controls.js';
import {LaterCharts} from './later-charts.js';
import {OwnFields} from './own-fields.js';
import styles from './styles.js';
import {SurfaceView} from './surface-view.js';

const FACTS = ['Step', 'Loss', 'Accuracy', 'Trace', 'Largest eigenvalue', 'Engine'] as const;

/**
 * Fills an element with the playground.
 *
 * @returns ends it.
 */
export function playground(root: HTMLElement): () => void {
  const style = styles();
  document.head.append(style);
  let settings = settingsIn(location);
  let mistakes: readonly string[] = [];
  let worker: Worker | null = null;
  let samples: HessianSample[] = [];
  let isPaused = false;
  /** The engines that failed in this training. */
  let failures: EngineFailure[] = [];

  const charts = new LaterCharts(({message}) => say(`The pictures could not be loaded: ${message}`));
  const surface = new SurfaceView(ask => {
    if (worker === null) surface.show(null, 0);
    else send({kind: 'surface', ask});
  });
  const own = new OwnFields(() => begin());
  const controls = new Controls(
    {
      onLive(live) {
        change(live);
        send({kind: 'change', live: settings});
      },
      onStart(start) {
        change(start);
        begin();
      },
    },
    own.root,
  );
  const pause = element('button', {type: 'button', click: () => setPaused(!isPaused)}, 'Pause');
  const again = element('button', {type: 'button', click: () => begin()}, 'Start again');
  const keep = element('button', {type: 'button', disabled: true, click: () => saveRun()}, 'Save the run');
  const facts = new Map(FACTS.map(name => [name, element('dd', {}, '–')]));
  const state = element('p', {class: 'state', role: 'status'}, 'Loading …');
  const trouble = element('p', {class: 'trouble', role: 'alert', hidden: true});
  const notes = element('p', {class: 'caption notes', role: 'status'});
  const empty = element('p', {class: 'empty'}, 'Waiting for the first sample …');

  root.replaceChildren(
    element('div', {class: 'bar'}, state, element('div', {class: 'actions'}, pause, again, keep)),
    element(
      'dl',
      {class: 'facts'},
      ...[...facts].map(([name, value]) => element('div', {}, element('dt', {}, name), value)),
    ),
    notes,
    trouble,
    element(
      'div',
      {class: 'columns'},
      element('div', {class: 'chosen'}, controls.root, charts.layers),
      element('div', {class: 'results'}, charts.findings, empty, charts.cards, surface.root),
    ),
  );

  const applyTheme = () => {
    const isDark = document.documentElement.classList.contains('dark');
    root.dataset.theme = isDark ? 'dark' : 'light';
    for (const [name, color] of Object.entries(isDark ? darkPalette : lightPalette))
      root.style.setProperty(`--${name}`, color);
    const theme = isDark ? 'dark' : 'light';
    charts.do(each => {
      each.theme = theme;
    });
    surface.theme = theme;
  };
  applyTheme();
  const themes = new MutationObserver(applyTheme);
  themes.observe(document.documentElement, {attributeFilter: ['class']});
  const onAddress = () => {
    if (location.hash === hashOf(settings)) return;
    settings = settingsIn(location);
    begin({wrong: mistakesIn(location)});
  };
  window.addEventListener('hashchange', onAddress);
  begin({wrong: mistakesIn(location)});
  return () => {
    worker?.terminate();
    worker = null;
    themes.disconnect();
    window.removeEventListener('hashchange', onAddress);
    style.remove();
  };

  function change(part: Partial<Settings>): void {
    settings = {...settings, ...part};
    history.replaceState(history.state, '', location.pathname + hashOf(settings));
    controls.show(settings);
  }

  function send(message: ToWorker): void {
    worker?.postMessage(message);
  }

  /**
   * Ends the training that runs, and begins a new one.
   *
   * @param failed the engines that failed, if the training must begin again because of them.
   * @param wrong what the page does not follow in its address.
   */
  function begin({failed = [], wrong = []}: {failed?: EngineFailure[]; wrong?: readonly string[]} = {}): void {
    failures = failed;
    mistakes = wrong;
    worker?.terminate();
    worker = null;
    samples = [];
    charts.do(each => each.clear());
    surface.clear();
    keep.disabled = true;
    empty.hidden = false;
    for (const value of facts.values()) value.textContent = '–';
    say(null);
    note(mistakes);
    setPaused(false);
    change({});
    if (settings.data === 'own' && !own.isComplete) {
      state.textContent = 'Choose your files.';
      surface.show(null, 0);
      return;
    }
    state.textContent = 'Starting …';
    const started = new Worker(new URL('../training/worker.ts', import.meta.url), {type: 'module'});
    worker = started;
    started.onmessage = ({data}: MessageEvent<FromWorker>) => worker === started && hear(data);
    started.onerror = event => say(event.message || 'The worker could not be started.');
    send({kind: 'start', settings, own: own.files, failures});
    surface.askAgain();
  }

  function hear(message: FromWorker): void {
    switch (message.kind) {
      case 'started':
        charts.fetch();
        set('Engine', engineTitles[message.engine]);
        note([...mistakes, ...message.notes]);
        state.textContent = `Training ${message.parameters.toLocaleString('en')} parameters on ${message.rows.toLocaleString('en')} rows.`;
        controls.showLayers(message.layers, settings.layers);
        break;
      case 'step':
        set('Step', message.step.toLocaleString('en'));
        set('Loss', number(message.loss, 3));
        if (message.accuracy !== null) set('Accuracy', `${(100 * message.accuracy).toFixed(0)} %`);
        break;
      case 'sample': {
        const {full} = message.sample;
        samples.push(message.sample);
        charts.do(each => each.add(message.sample));
        keep.disabled = false;
        empty.hidden = true;
        set('Trace', estimate(full.trace.value, full.trace.standardError));
        set('Largest eigenvalue', estimate(full.largest[0]?.value ?? null, full.largest[0]?.residual ?? null));
        break;
      }
      case 'penalty':
        charts.do(each => each.addPenalty(message.point));
        break;
      case 'surface':
        surface.show(message.surface, message.step);
        break;
      case 'surfaceProgress':
        surface.progress(message.done, message.total);
        break;
      case 'engineFailed':
        begin({failed: [...failures, message.failure], wrong: mistakes});
        break;
      case 'trouble':
        surface.show(null, 0);
        say(message.message);
        if (message.isOver) {
          worker?.terminate();
          worker = null;
          state.textContent = 'The training has ended.';
          empty.hidden = true;
        }
        break;
    }
  }

  function set(name: (typeof FACTS)[number], text: string): void {
    const fact = facts.get(name)!;
    if (fact.textContent !== text) fact.textContent = text;
  }

  function setPaused(paused: boolean): void {
    isPaused = paused;
    pause.textContent = paused ? 'Continue' : 'Pause';
    send({kind: 'pause', isPaused: paused});
  }

  function say(words: string | null): void {
    trouble.hidden = words === null;
    trouble.textContent = words ?? '';
  }

  function note(sentences: readonly string[]): void {
    notes.textContent = sentences.join(' ');
  }

  function saveRun(): void {
    save(
      new Blob(
        samples.map(sample => `${recordLine(sample)}\n`),
        {type: 'application/x-ndjson'},
      ),
      'run.ndjson',
    );
  }
}
