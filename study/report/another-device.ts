import {mean} from '../analysis/statistics.js';
import {grouped} from '../grouped.js';
import type {RecipeRecord} from '../recipe/recipe-record.js';
import {fixed} from './markdown.js';

/** How far rounding takes trainings apart: the same ones, done `again` on another device. Points of test accuracy. */
export function onAnotherDevice(recipes: readonly RecipeRecord[], again: readonly RecipeRecord[]): string {
  const first = new Map(recipes.map(record => [record.id, record]));
  const pairs = again.flatMap(second => {
    const found = first.get(second.id);
    return found === undefined ? [] : [[found, second] as const];
  });
  if (pairs.length === 0) return '';
  const apart = pairs.map(([a, b]) => distance(a, b));
  const seeds = [...grouped(pairs, ([{setting}]) => setting)].flatMap(([, of]) =>
    of.flatMap(([a], i) => of.slice(i + 1).map(([b]) => distance(a, b))),
  );
  return (
    `Rounding grows over a training: ${pairs.length} trainings that were done on processors and on a GPU, with the same recipe and seed, ended ${fixed(mean(apart), 2)} points of test accuracy apart on average, at most ${fixed(Math.max(...apart), 2)}; ` +
    `trainings with two seeds ended ${fixed(mean(seeds), 2)} apart. Of these ${pairs.length} those on processors count, as those with the penalty on all layers ran there.`
  );
}

function distance(a: RecipeRecord, b: RecipeRecord): number {
  return 100 * Math.abs(a.test.accuracy - b.test.accuracy);
}
