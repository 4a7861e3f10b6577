import {digitsDrawnHere, mnistDigits} from '../data/digits.js';
import {spirals} from '../data/spirals.js';
import type {OwnFiles} from '../messages.js';
import type {Settings} from '../settings.js';
import {network} from './network.js';
import {optimizerOf} from './optimizer.js';
import type {Subject} from './training.js';

/** The compiled model and the data of the settings. */
export async function subjectOf(settings: Settings, _own: OwnFiles): Promise<Subject> {
  const {data, rows, seed} = settings;
  const {x, y} =
    data === 'mnist' ? await mnistDigits(rows) : data === 'digits' ? digitsDrawnHere(rows, seed) : spirals(rows, seed);
  const model = network(settings, x.shape.slice(1), y.shape[1]!);
  model.compile({optimizer: optimizerOf(settings), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return {model, x, y, rows: x.shape[0]!};
}
