import {element} from '../../../src/dashboard/page/element.js';
import {number} from '../../../src/dashboard/page/pictures/numbers.js';
import {engineTitles} from '../engine-titles.js';
import type {LiveSettings, Settings} from '../settings.js';
import {presets} from '../settings.js';

export interface ControlsListener {
  /** A setting that acts at once. */
  onLive(live: Partial<LiveSettings>): void;
  /** A setting that needs a new training. */
  onStart(start: Partial<Settings>): void;
}

type Choices = Readonly<Record<string, string>>;

const data: Choices = {
  spirals: 'three spirals',
  digits: 'digits, drawn here',
  mnist: 'a thousand images of MNIST',
  own: 'your own model and data',
};
const networks: Choices = {mlp: 'dense layers', cnn: 'convolutions'};
const optimizers: Choices = {sgd: 'gradient descent', momentum: 'momentum 0.9', adam: 'Adam'};
const engines: Choices = {auto: 'automatic', ...engineTitles};

/** What the user chooses: above, what acts at once; below, what begins a new training. */
export class Controls {
  readonly root: HTMLElement;
  private readonly rate: Slider;
  private readonly strength: Slider;
  private readonly layers: HTMLSelectElement;
  private readonly starts: readonly (readonly [name: keyof Settings, field: HTMLSelectElement | HTMLInputElement])[];
  private readonly own: HTMLElement;
  private names: readonly string[] = [];

  constructor(listener: ControlsListener, own: HTMLElement) {
    this.own = own;
    this.rate = new Slider('Learning rate', {id: 'rate', from: -4, to: 1, zero: false}, rate =>
      listener.onLive({rate}),
    );
    this.strength = new Slider('Strength of the penalty', {id: 'strength', from: -6, to: 0, zero: true}, strength =>
      listener.onLive({strength}),
    );
    this.layers = choice('layers', {all: 'all layers', middle: 'the middle layers'}, layers =>
      listener.onLive({layers}),
    );
    const start = (name: keyof Settings, choices: Choices) =>
      [
        name,
        choice(name, choices, value =>
          listener.onStart(
            name === 'data'
              ? {...presets[value as Settings['data']], data: value as Settings['data']}
              : {[name]: value},
          ),
        ),
      ] as const;
    const count = (name: keyof Settings, least: number) => {
      const field = element('input', {
        ...{type: 'number', id: name, min: least, step: 1},
        change: () => field.reportValidity() && listener.onStart({[name]: field.valueAsNumber}),
      });
      return [name, field] as const;
    };
    this.starts = [
      start('data', data),
      start('network', networks),
      start('optimizer', optimizers),
      start('engine', engines),
      count('rows', 2),
      count('batch', 0),
      count('every', 1),
      count('seed', 0),
    ];
    const words: Readonly<Record<string, string>> = {
      data: 'Data',
      network: 'Network',
      optimizer: 'Optimizer',
      engine: 'Engine',
      rows: 'Rows of data',
      batch: 'Rows a step (0: all)',
      every: 'Steps from sample to sample',
      seed: 'Seed',
    };
    this.root = element(
      'form',
      {class: 'controls', submit: event => event.preventDefault()},
      element(
        'fieldset',
        {class: 'side'},
        element('legend', {}, 'At once'),
        this.rate.root,
        this.strength.root,
        labeled('layers', 'Penalized', this.layers),
      ),
      element(
        'fieldset',
        {class: 'side'},
        element('legend', {}, 'With a new training'),
        ...this.starts.slice(0, 1).map(([name, field]) => labeled(name, words[name]!, field)),
        own,
        ...this.starts.slice(1, 4).map(([name, field]) => labeled(name, words[name]!, field)),
        element(
          'details',
          {},
          element('summary', {}, 'More'),
          ...this.starts.slice(4).map(([name, field]) => labeled(name, words[name]!, field)),
        ),
      ),
    );
  }

  show(settings: Settings): void {
    this.rate.show(settings.rate);
    this.strength.show(settings.strength);
    this.showLayers(this.names, settings.layers);
    for (const [name, field] of this.starts) if (document.activeElement !== field) field.value = String(settings[name]);
    const isOwn = settings.data === 'own';
    this.own.hidden = !isOwn;
    const network = this.starts.find(([name]) => name === 'network')![1];
    network.parentElement!.hidden = isOwn;
  }

  /** The layers that can be chosen one by one. */
  showLayers(names: readonly string[], chosen: string): void {
    this.names = names;
    const extra = names.includes(chosen) || chosen === 'all' || chosen === 'middle' ? [] : [chosen];
    const options = {
      all: 'all layers',
      middle: 'the middle layers',
      ...Object.fromEntries([...names, ...extra].map(name => [name, name])),
    };
    fill(this.layers, options);
    this.layers.value = chosen;
  }
}

/** A slider on a logarithmic axis. */
class Slider {
  readonly root: HTMLElement;
  private readonly field: HTMLInputElement;
  private readonly shown = element('output');
  private readonly zeroAt: number | null;

  constructor(
    title: string,
    {id, from, to, zero}: {readonly id: string; readonly from: number; readonly to: number; readonly zero: boolean},
    onValue: (value: number) => void,
  ) {
    const STEP = 0.05;
    this.zeroAt = zero ? from - STEP : null;
    this.field = element('input', {
      ...{type: 'range', id, min: this.zeroAt ?? from, max: to, step: STEP},
      input: () => {
        const value = this.value;
        this.say(value);
        onValue(value);
      },
    });
    this.shown.htmlFor.add(id);
    this.root = element('div', {class: 'slider'}, element('label', {for: id}, title), this.shown, this.field);
  }

  private get value(): number {
    const place = this.field.valueAsNumber;
    return this.zeroAt !== null && place <= this.zeroAt + 1e-9 ? 0 : Number((10 ** place).toPrecision(3));
  }

  show(value: number): void {
    if (value !== this.value) this.field.value = String(value === 0 ? this.zeroAt : Math.log10(value));
    this.say(value);
  }

  private say(value: number): void {
    const text = value === 0 ? 'none' : number(value, 3);
    this.shown.textContent = text;
    this.field.setAttribute('aria-valuetext', text);
  }
}

function choice(id: string, choices: Choices, onChoice: (name: string) => void): HTMLSelectElement {
  const made = element('select', {id, change: () => onChoice(made.value)});
  fill(made, choices);
  return made;
}

function fill(select: HTMLSelectElement, choices: Choices): void {
  const names = Object.keys(choices);
  if (names.join('\n') === [...select.options].map(({value}) => value).join('\n')) return;
  select.replaceChildren(...names.map(name => element('option', {value: name}, choices[name]!)));
}

function labeled(id: string, text: string, field: HTMLElement): HTMLElement {
  return element('div', {class: 'field'}, element('label', {for: id}, text), field);
}
