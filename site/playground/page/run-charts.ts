// The pictures of the live page, drawn from the samples of the playground's own training.
import type {HessianSample, PenaltyPoint} from 'tfjs-hessian';
import {Card} from '../../../src/dashboard/page/card.js';
import {element} from '../../../src/dashboard/page/element.js';
import {Findings} from '../../../src/dashboard/page/findings.js';
import {firstLayers} from '../../../src/dashboard/page/first-layers.js';
import {LayerList} from '../../../src/dashboard/page/layer-list.js';
import {pictures} from '../../../src/dashboard/page/pictures/pictures.js';
import {MOST_PANELS} from '../../../src/dashboard/page/pictures/spectra-panels.js';
import type {PageState} from '../../../src/dashboard/page/state.js';
import {newState} from '../../../src/dashboard/page/state.js';
import {RunBook} from '../../../src/dashboard/runs/run-book.js';
import {soon} from './soon.js';

/** The number of densities in a panel. */
const RIDGES = 8;
/** The least time between two readings of the run, and between two pictures, in milliseconds. */
const READING = 500;
const PICTURE = 40;
/** The pictures in the order in which they are useful while one moves the sliders. */
const ORDER = ['top', 'trace', 'spectra', 'loss', 'edge', 'penalty', 'similarity'];

interface Part {
  readonly root: HTMLElement;
  draw(state: PageState): void;
}

export class RunCharts {
  readonly findings = new Findings();
  readonly layers: LayerList;
  readonly cards: HTMLElement;
  private readonly state: PageState = newState();
  private readonly each: readonly Card[];
  private book = new RunBook();
  private key: string | null = null;
  private readonly readSoon = soon(() => this.read(), READING);
  private readonly drawSoon = soon(() => this.drawNext(), PICTURE);
  /** What changes with the samples, and is no picture. */
  private readonly words: readonly Part[];
  /** What is not up to date. */
  private readonly stale = new Set<Part>();
  /** The cards that the user sees, or almost. */
  private readonly near = new Set<Element>();

  constructor() {
    const {state} = this;
    state.connection = 'live';
    this.layers = new LayerList(layers => {
      state.layers = layers;
      this.read();
    });
    this.words = [
      {root: this.layers.root, draw: ({main}) => this.layers.show(main?.view.all ?? [], state)},
      {root: this.findings.root, draw: () => this.findings.show(state)},
    ];
    const listener = {
      onCursor: (step: number | null) => {
        state.cursor = step;
        for (const card of this.each) card.showCursor(step);
      },
      onZoom: (from: number, to: number) => this.zoom([from, to]),
      onResetZoom: () => this.zoom(null),
    };
    this.each = ORDER.map(name => new Card(pictures.find(picture => picture.name === name)!, listener, state));
    this.cards = element('div', {class: 'cards'}, ...this.each.map(({root}) => root));
    new ResizeObserver(() => this.drawAll()).observe(this.cards);
    const seen = new IntersectionObserver(
      entries => {
        for (const {target, isIntersecting} of entries) {
          if (isIntersecting) this.near.add(target);
          else this.near.delete(target);
        }
        this.drawSoon();
      },
      {rootMargin: '25%'},
    );
    for (const {root} of this.each) seen.observe(root);
  }

  set theme(theme: PageState['theme']) {
    this.state.theme = theme;
    this.layers.show(this.state.main?.view.all ?? [], this.state);
    this.drawAll();
  }

  /** Forgets the last training. */
  clear(): void {
    this.book = new RunBook();
    this.key = null;
    this.state.main = null;
    this.state.layers = null;
    this.state.zoom = null;
    for (const {root} of this.each) root.hidden = true;
  }

  add(sample: HessianSample): void {
    this.book.add(sample);
    this.key = sample.training ?? sample.run;
    this.readSoon();
  }

  addPenalty(point: PenaltyPoint): void {
    this.book.addPenalty(point);
  }

  private zoom(zoom: PageState['zoom']): void {
    this.state.zoom = zoom;
    this.read();
  }

  private drawAll(): void {
    for (const card of this.each) this.stale.add(card);
    this.drawSoon();
  }

  /** Draws one part at a time, so that the page is never busy for long, and of the pictures only those that can be seen. */
  private drawNext(): void {
    const isNext = (part: Part) => this.words.includes(part) || part.root.hidden || this.near.has(part.root);
    // The one that has waited longest, so that each has its turn.
    const part = [...this.stale].find(isNext);
    if (!part) return;
    this.stale.delete(part);
    if (this.state.main !== null) part.draw(this.state);
    this.drawSoon();
  }

  private read(): void {
    const {state, key} = this;
    const run = key === null ? undefined : this.book.run(key);
    state.runs = this.book.runs;
    if (!run) return;
    const [from, to] = state.zoom ?? [null, null];
    const {all, heat} = run.view({blocks: [], from, to});
    state.layers ??= new Set(firstLayers(all, heat));
    const blocks = all.flatMap(({layer}, place) => (state.layers!.has(layer) ? [place] : []));
    const ask = {blocks, from, to};
    state.main = {
      view: run.view(ask),
      spectra: run.spectraOf({...ask, blocks: blocks.slice(0, MOST_PANELS)}, RIDGES),
    };
    for (const part of this.words) this.stale.add(part);
    this.drawAll();
  }
}
