import {describe, expect, it, vi} from 'vitest';
import {waitAtMost} from '../src/wait-at-most.js';

describe('waitAtMost', () => {
  it('ends with the time where a promise never resolves', async () => {
    await expect(waitAtMost(1, new Promise(() => {}))).resolves.toBeUndefined();
  });

  it('ends with the promise, as it does, and leaves no timer', async () => {
    vi.useFakeTimers();
    await expect(waitAtMost(1000, Promise.resolve(3))).resolves.toBeUndefined();
    await expect(waitAtMost(1000, Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('waits for the promise alone where the time is infinite', async () => {
    let settle = () => {};
    const waiting = waitAtMost(
      Number.POSITIVE_INFINITY,
      new Promise<void>(resolve => {
        settle = resolve;
      }),
    );
    const first = await Promise.race([waiting.then(() => 'over'), new Promise(resolve => setTimeout(resolve, 5))]);
    expect(first).toBeUndefined();
    settle();
    await waiting;
  });
});
