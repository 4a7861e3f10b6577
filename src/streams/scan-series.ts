import type {OperatorFunction} from 'rxjs';
import {mergeMap, scan} from 'rxjs';
import type {MetricPoint} from './metric-points.js';

/**
 * An operator with a state for each series, that is, for the points of one metric in one layer. A new training starts with
 * new states, so that they do not accumulate.
 *
 * Each subscription has its own states. Only those operators of RxJS are used that keep the shield of the stream.
 */
export function scanSeries<P extends MetricPoint, State, R>(
  begin: () => State,
  step: (state: State, point: P) => R[],
): OperatorFunction<P, R> {
  return source =>
    source.pipe(
      scan<P, {memory: Memory<State>; results: R[]} | null>((before, point) => {
        const memory = before?.memory ?? new Memory(begin);
        return {memory, results: step(memory.of(point), point)};
      }, null),
      mergeMap(state => state!.results),
    );
}

class Memory<State> {
  private training: string | null = null;
  private readonly states = new Map<string, State>();

  constructor(private readonly begin: () => State) {}

  of({run, training = run, metric, layer}: MetricPoint): State {
    if (training !== this.training) {
      this.training = training;
      this.states.clear();
    }
    const key = JSON.stringify([metric, layer]);
    const state = this.states.get(key) ?? this.begin();
    this.states.set(key, state);
    return state;
  }
}
