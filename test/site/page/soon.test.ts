import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {soon} from '../../../site/playground/page/soon.js';

describe('soon', () => {
  const rendering = 50;
  const frames: (() => void)[] = [];
  let clock = 0;

  beforeEach(() => {
    vi.useFakeTimers({toFake: ['setTimeout']});
    vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
  });

  afterEach(() => {
    frames.length = 0;
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  /** Lets time pass until there is a frame, renders it, and says when it began. */
  function frame(): number {
    for (; frames.length === 0; clock++) vi.advanceTimersByTime(1);
    const began = clock;
    for (const each of frames.splice(0)) each();
    clock += rendering;
    vi.advanceTimersByTime(0);
    return began;
  }

  it('calls once for all requests until then', () => {
    const call = vi.fn();
    const ask = soon(call, 10);
    for (let i = 0; i < 3; i++) ask();
    frame();
    vi.advanceTimersByTime(1000);
    expect(call).toHaveBeenCalledTimes(1);
    expect(frames).toEqual([]);
  });

  it('waits the longer, the longer a frame takes to render, and forgets no request of the call itself', () => {
    let calls = 0;
    const ask = soon(() => {
      calls++;
      if (calls < 2) ask();
    }, 10);
    ask();
    const first = frame();
    const second = frame();
    expect(calls).toBe(2);
    expect(second - first).toBe(4 * rendering);
  });
});
