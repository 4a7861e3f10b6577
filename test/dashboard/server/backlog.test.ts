import {Worker} from 'node:worker_threads';
import {expect, it} from 'vitest';
import {Backlog, countHandled} from '../../../src/dashboard/server/backlog.js';

it('counts what was sent and not handled', () => {
  const backlog = new Backlog();
  for (let i = 0; i < 3; i++) backlog.add();
  expect(backlog.size).toBe(3);
  countHandled(backlog.handled);
  expect(backlog.size).toBe(2);
  expect(backlog.shrinkTo(2)).toBe(true);
});

it('blocks until a thread has handled enough', async () => {
  const backlog = new Backlog();
  for (let i = 0; i < 100; i++) backlog.add();
  const code = `
const counter = new Int32Array(require('node:worker_threads').workerData);
const step = () => {
  Atomics.add(counter, 0, 1);
  Atomics.notify(counter, 0);
  if (Atomics.load(counter, 0) < 90) setTimeout(step);
};
step();`;
  const worker = new Worker(code, {eval: true, workerData: backlog.handled});
  // More than the thread needs to start.
  expect(new Backlog(1).shrinkTo(0)).toBe(true);
  while (!backlog.shrinkTo(20));
  expect(backlog.size).toBeLessThanOrEqual(20);
  await new Promise(resolve => worker.once('exit', resolve));
  expect(backlog.size).toBe(10);
});

it('gives up a thread that makes no progress, once, until it makes some', () => {
  const backlog = new Backlog(20);
  for (let i = 0; i < 5; i++) backlog.add();
  const waits: unknown[] = [];
  const wait = Atomics.wait;
  Atomics.wait = ((...args: Parameters<typeof wait>) => {
    const end = wait(...args);
    waits.push(end);
    return end;
  }) as typeof wait;
  try {
    expect([backlog.shrinkTo(3), backlog.shrinkTo(3)]).toEqual([false, false]);
    expect(waits).toEqual(['timed-out']);
    countHandled(backlog.handled);
    expect([backlog.shrinkTo(3), backlog.shrinkTo(3)]).toEqual([false, false]);
    expect(waits).toEqual(['timed-out', 'timed-out']);
    countHandled(backlog.handled);
    expect(backlog.shrinkTo(3)).toBe(true);
  } finally {
    Atomics.wait = wait;
  }
});
