// The worker that trains and measures. It ends with its training: the page starts a new one for the next.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import type {FromWorker, Started, ToWorker} from '../messages.js';
import {isEngineLost, onLostEngine} from './engine/lost-engine.js';
import {startEngine} from './engine/start-engine.js';
import {hasConvolutions, subjectOf} from './subject.js';
import {parametersOf, Training} from './training.js';

const page = self as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};
type Wish = Exclude<ToWorker, {kind: 'start'}>;

let training: Training | null = null;
/** What the page asked for before there was a training. */
const early: Wish[] = [];

page.onmessage = ({data}) => {
  if (data.kind === 'start') void start(data);
  else if (training === null) early.push(data);
  else fulfil(training, data);
};

function fulfil(of: Training, wish: Wish): void {
  if (wish.kind === 'change') of.change(wish.live);
  else if (wish.kind === 'pause') of.pause(wish.isPaused);
  else of.surface(wish.ask);
}

async function start({settings, own, failures}: Extract<ToWorker, {kind: 'start'}>): Promise<void> {
  try {
    const {name: engine, notes} = await startEngine(settings.engine, hasConvolutions(settings), failures);
    const engineFailed = (why: string) => page.postMessage({kind: 'engineFailed', failure: {engine, why}});
    onLostEngine(engineFailed);
    const subject = await subjectOf(settings, own);
    const {model, rows} = subject;
    const layers = model.layers.filter(layer => layer.trainableWeights.length > 0).map(({name}) => name);
    const facts: Omit<Started, 'kind'> = {engine, notes, layers, rows, parameters: parametersOf(model)};
    page.postMessage({kind: 'started', ...facts});
    const tell = (message: FromWorker) => {
      // Without its graphics card an engine goes on with numbers that mean nothing.
      if (!isEngineLost()) page.postMessage(message);
    };
    training = new Training(subject, settings, tell, engineFailed);
    for (const wish of early.splice(0)) fulfil(training, wish);
    await training.run();
  } catch (error) {
    if (!isEngineLost()) page.postMessage({kind: 'trouble', message: (error as Error).message, isOver: true});
  }
}
