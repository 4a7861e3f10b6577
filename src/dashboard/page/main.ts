// What runs in the page.
import type {RunFacts} from '../answers.js';
import {heatNames} from '../answers.js';
import {Card} from './card.js';
import {connect} from './connection.js';
import {element} from './element.js';
import {Failures} from './failures.js';
import {Findings} from './findings.js';
import {firstLayers} from './first-layers.js';
import {Heading} from './heading.js';
import {LayerList} from './layer-list.js';
import {pictures} from './pictures/pictures.js';
import {save} from './pictures/save.js';
import {MOST_PANELS} from './pictures/spectra-panels.js';
import {RunNames} from './run-names.js';
import {Runs} from './runs.js';
import {renamed, sharedNames} from './same-layers.js';
import type {PageState, RunData} from './state.js';
import {mainRun, newState, otherRuns} from './state.js';
import {Tables} from './tables.js';
import {applyTheme, keepTheme, onSystemTheme, preferredTheme} from './theme.js';
import {ViewBar} from './view-bar.js';
import {ZoomBar} from './zoom-bar.js';

/** The number of densities in a panel. */
const RIDGES = 10;
const NEWEST = 50;
/** The shortest and the longest time between two drawings, in milliseconds; longer if drawing is slow. */
const PAUSE = 250;
const MOST_PAUSE = 800;

const state = newState();
const runs = new Runs();
const names = new RunNames();
let serverRuns: PageState['runs'] = [];

const heading = new Heading({
  onRun(key) {
    state.chosenRun = key;
    changed();
  },
  onOthers(keys) {
    state.chosenOthers = keys;
    changed();
  },
  onName(key, name) {
    names.rename(key, name);
    changed();
  },
  onFile: file => void open(file),
  onTable: () => void saveTable(),
  onTheme() {
    state.theme = state.theme === 'dark' ? 'light' : 'dark';
    keepTheme(state.theme);
    applyTheme(state.theme);
    draw();
  },
});
const layerList = new LayerList(layers => {
  state.layers = layers;
  state.whyLayers = '';
  changed();
});
const viewBar = new ViewBar(change => {
  Object.assign(state, change);
  draw();
});
const zoomBar = new ZoomBar(zoomTo);
const findings = new Findings();
const failures = new Failures();
const tables = new Tables();
const heatChoice = element(
  'select',
  {
    'aria-label': 'What the map of all layers shows',
    change: () => {
      state.heat = heatNames.find(name => name === heatChoice.value) ?? 'top';
      draw();
    },
  },
  element('option', {value: 'top'}, 'largest eigenvalue'),
  element('option', {value: 'trace'}, 'trace'),
  element('option', {value: 'similarity'}, 'distance'),
);
const cards = pictures.map(
  picture =>
    new Card(
      picture,
      {
        onCursor(step) {
          state.cursor = step;
          for (const card of cards) card.showCursor(step);
        },
        onZoom: (from, to) => zoomTo([from, to]),
        onResetZoom: () => zoomTo(null),
      },
      state,
      picture.name === 'heat' ? [heatChoice] : [],
    ),
);
const trouble = element('p', {class: 'trouble', role: 'alert', hidden: true});
const empty = element('p', {class: 'empty'}, 'Waiting for the first sample …');
const grid = element('div', {class: 'cards'}, ...cards.map(({root}) => root), tables.root);
document.body.append(
  heading.root,
  trouble,
  element(
    'main',
    {},
    element('div', {class: 'said'}, failures.root, findings.root),
    element('aside', {'aria-label': 'What is shown'}, layerList.root, viewBar.root, zoomBar.root),
    element('div', {class: 'shown'}, empty, grid),
  ),
);

state.theme = preferredTheme();
applyTheme(state.theme);
onSystemTheme(() => {
  state.theme = preferredTheme();
  applyTheme(state.theme);
  draw();
});
new ResizeObserver(() => draw()).observe(grid);
document.addEventListener('keydown', event => {
  if (event.key === 'Escape' && state.zoom !== null) zoomTo(null);
});
document.addEventListener('dragover', event => event.preventDefault());
document.addEventListener('drop', event => {
  event.preventDefault();
  for (const file of event.dataTransfer?.files ?? []) void open(file);
});

connect({
  onConnection(connection) {
    state.connection = connection;
    heading.show(state);
  },
  onRuns(all) {
    serverRuns = all;
    changed();
  },
  onReset() {
    state.notices = [];
    changed();
  },
  onSample(notice, facts) {
    state.notices = [...state.notices.slice(1 - NEWEST), notice];
    if (facts) know(facts);
    heading.speak(notice);
    changed();
  },
  onNotes(facts) {
    for (const each of facts) know(each);
    changed();
  },
});
draw();

function know(facts: RunFacts): void {
  const isKnown = serverRuns.some(({key}) => key === facts.key);
  serverRuns = isKnown ? serverRuns.map(run => (run.key === facts.key ? facts : run)) : [...serverRuns, facts];
}

/** The layers that have been listed. */
const known = new Set<string | null>();
let isPulling = false;
let isStale = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let pause = 0;

/** Fetches and draws again, soon, and once for all changes until then. */
function changed(): void {
  state.runs = [...runs.local, ...serverRuns].map(run => ({...run, label: names.labelOf(run)}));
  state.named = names.keys;
  heading.show(state);
  isStale = true;
  if (isPulling) return;
  clearTimeout(timer);
  timer = setTimeout(() => void pull(), pause);
}

async function pull(): Promise<void> {
  isPulling = true;
  isStale = false;
  try {
    // Not in parallel: the first run determines the layers that are shown.
    state.main = await dataOf(mainRun(state));
    const others = [];
    for (const run of otherRuns(state)) others.push(await dataOf(run));
    state.others = others.filter(data => data !== null);
    const began = performance.now();
    draw();
    pause = Math.min(MOST_PAUSE, Math.max(PAUSE, 2 * (performance.now() - began)));
    setTimeout(() => {
      pause = 0;
    }, pause);
    say(null);
  } catch (error) {
    // Without a connection, the page continues to show what it has.
    if (state.connection === 'live') say((error as Error).message);
    pause = PAUSE;
  }
  isPulling = false;
  if (isStale) changed();
}

/** The places of the blocks of each run that were shown last. */
const shownBlocks = new Map<string, readonly number[]>();

async function dataOf(run: string | null): Promise<RunData | null> {
  if (run === null) return null;
  const [from, to] = state.zoom ?? [null, null];
  const isMain = run === mainRun(state);
  // Mostly the blocks are those of the last time, and one answer suffices.
  const last = shownBlocks.get(run) ?? [];
  const overview = await runs.view({run, blocks: last, from, to});
  const layerNames = isMain ? null : sharedNames(state.main?.view.all ?? [], overview.all);
  const {all, heat} = renamed(overview, layerNames);
  // Another model, or the first one.
  if (isMain && all.some(({layer}) => !known.has(layer))) {
    for (const {layer} of all) known.add(layer);
    const first = firstLayers(all, heat);
    state.layers = new Set(first);
    const at = heat.step.at(-1);
    state.whyLayers =
      first.length === all.length
        ? ''
        : `the network, and the ${first.length - 1} layers with the largest eigenvalues at step ${at?.toLocaleString('en')}`;
  }
  const blocks = all.flatMap(({layer}, place) => (state.layers?.has(layer) ? [place] : []));
  const ask = {run, blocks, from, to};
  shownBlocks.set(run, blocks);
  const [view, spectra] = await Promise.all([
    blocks.join() === last.join() ? overview : runs.view(ask),
    runs.spectra({...ask, blocks: blocks.slice(0, MOST_PANELS)}, RIDGES),
  ]);
  return {view: {...renamed(view, layerNames), label: names.labelOf(view)}, spectra};
}

function draw(): void {
  heading.show(state);
  empty.hidden = state.main !== null;
  layerList.show(state.main?.view.all ?? [], state);
  zoomBar.show(state);
  viewBar.show(state);
  for (const card of cards) card.draw(state);
  // Avoids a gap at the end of the last row.
  const map = cards.find(({picture}) => picture.name === 'heat')!;
  const narrow = cards.filter(({picture, root}) => !picture.isWide && picture !== map.picture && !root.hidden);
  const isWide = narrow.length % 2 === 0;
  if (map.root.classList.contains('wide') !== isWide) {
    map.root.classList.toggle('wide', isWide);
    map.draw(state);
  }
  failures.show(state);
  findings.show(state);
  tables.show(state);
}

function zoomTo(zoom: readonly [number, number] | null): void {
  state.zoom = zoom;
  changed();
}

async function open(file: File): Promise<void> {
  try {
    const key = await runs.open(file);
    if (mainRun(state) === null) state.chosenRun = key;
    else state.chosenOthers = [key, ...otherRuns(state).filter(other => other !== key)];
    say(null);
    changed();
  } catch (error) {
    say((error as Error).message);
  }
}

async function saveTable(): Promise<void> {
  if (state.main === null) return;
  const {key, label, blocks} = state.main.view;
  const [from, to] = state.zoom ?? [null, null];
  try {
    const table = await runs.table({run: key, blocks: blocks.map(({place}) => place), from, to});
    save(table, `${label.replace(/\.ndjson$/, '').replaceAll(/[^\p{L}\p{N}._ -]/gu, '_')}.csv`);
  } catch (error) {
    say(`The numbers could not be fetched: ${(error as Error).message}`);
  }
}

function say(words: string | null): void {
  trouble.hidden = words === null;
  trouble.textContent = words ?? '';
}
