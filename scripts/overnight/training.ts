// A simulated training that shows its samples on a page: a process of its own, so that its memory is that of a user's program without TensorFlow.
//
//   training.ts <layers> <module of the dashboard>
import {setTimeout as pause, setImmediate as turn} from 'node:timers/promises';
import type {Order, Told} from './messages.js';
import {simulatedSample} from './simulated-sample.js';

const [layers, module] = [Number(process.argv[2]), process.argv[3]!];
const {dashboard} = (await import(module)) as typeof import('../../src/dashboard.js');
const page = await dashboard();
let samples = 0;
let mostBytes = 0;

function take(): number {
  const sample = simulatedSample(samples++, layers);
  const began = performance.now();
  page.next(sample);
  return performance.now() - began;
}

function look(): number {
  const bytes = process.memoryUsage.rss();
  mostBytes = Math.max(mostBytes, bytes);
  return bytes;
}

async function obey(order: Order): Promise<number[]> {
  const waits: number[] = [];
  if (order.kind === 'take') {
    while (samples < order.until) {
      take();
      look();
      // As between the steps of a training.
      if (samples % 10 === 0) await turn();
    }
  } else if (order.kind === 'time') {
    for (let i = 0; i < order.samples; i++) {
      await pause(5);
      waits.push(take());
      look();
    }
  } else {
    await page.close();
    process.disconnect();
  }
  return waits;
}

function tell(waits: readonly number[] = []): void {
  const told: Told = {url: page.url, samples, bytes: look(), mostBytes, waits};
  process.send!(told);
  mostBytes = 0;
}

process.on('message', (order: Order) => {
  void obey(order).then(waits => order.kind !== 'end' && tell(waits));
});
process.on('disconnect', () => process.exit());
tell();
