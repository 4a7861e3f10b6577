import type {Observable} from 'rxjs';
import {concatMap, filter, from, map, ReplaySubject, Subject, scan, take, toArray} from 'rxjs';
import {describe, expect, it, vi} from 'vitest';
import {bufferRun} from '../../src/streams/buffer-run.js';
import {forLayer} from '../../src/streams/for-layer.js';
import {ShieldedObservable} from '../../src/streams/shielded.js';
import {smooth} from '../../src/streams/smooth.js';
import {toRows} from '../../src/streams/to-rows.js';
import {trend} from '../../src/streams/trend.js';
import {whenAbove} from '../../src/streams/when-above.js';
import {point, sample} from './points.js';

function shielded<T>() {
  const source = new Subject<T>();
  const errors: string[] = [];
  const stream = new ShieldedObservable(source, ({message}) => errors.push(message));
  return {source, errors, stream};
}

const fails = () => {
  throw new Error('mine');
};

describe('A shielded stream', () => {
  it('reports a subscriber that throws, and continues for it and the others', () => {
    const {source, errors, stream} = shielded<number>();
    const seen: number[] = [];
    const throwing = vi.fn(fails);
    stream.subscribe(throwing);
    stream.subscribe(value => seen.push(value));
    for (const value of [1, 2]) source.next(value);
    expect(throwing).toHaveBeenCalledTimes(2);
    expect(seen).toEqual([1, 2]);
    expect(errors).toEqual(['mine', 'mine']);
  });

  it('reports an async subscriber that throws later', async () => {
    const {source, errors, stream} = shielded<number>();
    stream.subscribe(async () => {
      await null;
      fails();
    });
    source.next(1);
    await vi.waitFor(() => expect(errors).toEqual(['mine']));
  });

  it('reports an error without a handler, and one thrown on completion', () => {
    const {source, errors, stream} = shielded<number>();
    stream.pipe(map(fails)).subscribe();
    stream.subscribe({complete: fails});
    source.next(1);
    source.complete();
    expect(errors).toEqual(['mine', 'mine']);
  });

  it('passes an error to the subscriber that handles it', () => {
    const {source, errors, stream} = shielded<number>();
    const error = vi.fn();
    stream.pipe(map(fails)).subscribe({error});
    source.next(1);
    expect(error).toHaveBeenCalledOnce();
    expect(errors).toEqual([]);
  });

  it('keeps its shield behind the operators of RxJS and of this package', () => {
    const {source, errors, stream} = shielded<ReturnType<typeof sample>>();
    const tops = stream.pipe(map(({full, run}) => point(full.largest[0]!.value, {run})));
    const streams: Observable<unknown>[] = [
      stream.pipe(
        filter(() => true),
        scan((n: number) => n + 1, 0),
        concatMap(n => [n]),
      ),
      stream.pipe(bufferRun()),
      stream.pipe(toRows(), take(1)),
      tops.pipe(forLayer(null), whenAbove(0), take(1)),
      tops.pipe(smooth(2), trend(), take(1)),
    ];
    for (const each of streams) each.subscribe(fails);
    source.next(sample(1));
    source.next(sample(2));
    source.complete();
    expect(errors).toEqual(Array(streams.length + 1).fill('mine'));
  });

  it('stops only for the subscriber that unsubscribes', () => {
    const {source, stream} = shielded<number>();
    const seen: number[][] = [[], []];
    const [first] = seen.map(values => stream.subscribe(value => values.push(value)));
    source.next(1);
    first!.unsubscribe();
    source.next(2);
    expect(seen).toEqual([[1], [1, 2]]);
    expect(source.observed).toBe(true);
  });

  it('is an observable to other libraries: Symbol.observable', () => {
    const {source, stream} = shielded<number>();
    const key: PropertyKey = Symbol.observable ?? '@@observable';
    const own = (stream as unknown as Record<PropertyKey, () => typeof stream>)[key]!;
    const foreign = {[key]: () => own.call(stream)};
    const seen: number[][] = [];
    from(foreign as never as typeof stream)
      .pipe(toArray())
      .subscribe(values => seen.push(values));
    source.next(1);
    source.complete();
    expect(seen).toEqual([[1]]);
  });

  it('gives a late subscriber the one value that its source replays', () => {
    const source = new ReplaySubject<number>(1);
    const stream = new ShieldedObservable(source, fails);
    for (let i = 0; i < 1000; i++) source.next(i);
    const seen: number[] = [];
    stream.subscribe(value => seen.push(value));
    expect(seen).toEqual([999]);
  });
});
