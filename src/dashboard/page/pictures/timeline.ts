import type {RunView} from '../../answers.js';

/** What the horizontal axis of the pictures shows. */
export type TimeUnit = 'step' | 'epoch' | 'time';

const HOUR = 3_600_000;

/** The places of a run's steps on the horizontal axis. */
export interface Timeline {
  of(step: number): number;
  /** The step at a place. */
  back(place: number): number;
}

/** The timeline of a run; steps between known moments are interpolated. */
export function timelineOf(view: RunView | null, unit: TimeUnit): Timeline {
  if (unit === 'step' || view === null) return {of: step => step, back: place => place};
  const known = unit === 'epoch' ? epochsOf(view) : hoursOf(view);
  // Places must rise.
  const points = known.filter(([step, place], i) => i === 0 || (step > known[i - 1]![0] && place >= known[i - 1]![1]));
  if (points.length < 2) return {of: step => step, back: place => place};
  const flipped = points.map(([step, place]) => [place, step] as const);
  return {of: step => interpolated(points, step), back: place => interpolated(flipped, place)};
}

type Point = readonly [from: number, to: number];

/** Epochs that are done after steps: as the logs of `fit` say, or samples at the end of an epoch. */
function epochsOf({logs, moments}: RunView): Point[] {
  const log = logs.find(({ofBatch}) => !ofBatch);
  const ends: Point[] = log
    ? log.step.map((step, i) => [step, log.epoch[i]! + 1])
    : moments.step.flatMap((step, i) => (moments.batch[i] === null ? [[step, moments.epoch[i]! + 1] as Point] : []));
  const points: [number, number][] = [[0, 0]];
  for (const [step, epoch] of ends) {
    const last = points.at(-1)!;
    // A further fit counts its epochs from the beginning.
    if (step > last[0]) points.push([step, epoch > last[1] ? epoch : last[1] + 1]);
  }
  return points;
}

/** Hours since the first sample of the run. */
function hoursOf({moments, began}: RunView): Point[] {
  const start = Date.parse(began ?? '');
  return moments.step.map((step, i) => [step, (Date.parse(moments.time[i]!) - start) / HOUR]);
}

/** Linear between known points, and beyond them with the slope at the end. */
function interpolated(points: readonly Point[], from: number): number {
  let i = 1;
  while (i < points.length - 1 && points[i]![0] < from) i++;
  const [[a, x], [b, y]] = [points[i - 1]!, points[i]!];
  return b === a ? x : x + ((from - a) / (b - a)) * (y - x);
}
