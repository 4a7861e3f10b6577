import {it} from 'vitest';
import {bufferRun} from '../../src/streams/buffer-run.js';
import {marbles} from './points.js';

const [a, b] = [{run: '1'}, {run: '2'}];
const values = {a, b};

it('emits a run when the next one begins, and the last one at the end', () => {
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('-a-a-b-b-b-|', values).pipe(bufferRun())).toBe('-----x-----(y|)', {x: [a, a], y: [b, b, b]});
  });
});

it('emits nothing for a stream without samples', () => {
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('--|', values).pipe(bufferRun())).toBe('--|');
  });
});

it('passes an error on instead of the open run', () => {
  marbles(({cold, expectObservable}) => {
    expectObservable(cold('-a-b-#', values).pipe(bufferRun())).toBe('---x-#', {x: [a]});
  });
});

it('unsubscribes with its subscriber, and gives each subscriber its own buffer', () => {
  marbles(({hot, expectObservable, expectSubscriptions}) => {
    const source = hot('-a-a-b-|', values);
    const runs = source.pipe(bufferRun());
    expectObservable(runs, '^----!').toBe('------');
    expectObservable(runs, '--^').toBe('-----x-(y|)', {x: [a], y: [b]});
    expectSubscriptions(source.subscriptions).toBe(['^----!', '--^----!']);
  });
});
