import {existsSync} from 'node:fs';
import {basename, dirname, isAbsolute, normalize, resolve, sep} from 'node:path';
import {glob, isDynamicPattern} from 'tinyglobby';
import {InvalidArgumentError} from '../../../errors.js';
import type {Checkpoint} from '../../../report/checkpoints/checkpoint.js';

/** A saved model and what the report calls it. */
export type FoundCheckpoint = Pick<Checkpoint, 'name' | 'path'>;

/**
 * Finds saved models by their paths and by glob patterns, in natural order: `step-2` before `step-10`. A path that does not
 * exist is found too, since the report says so in its row. A model that is found twice is listed once.
 *
 * @throws InvalidArgumentError for a pattern that matches nothing.
 */
export async function findCheckpoints(given: readonly string[]): Promise<FoundCheckpoint[]> {
  const paths = new Map<string, string>();
  for (const each of given) for (const path of await matches(each)) paths.set(modelOf(path), path);
  const sorted = [...paths.values()].sort(naturally);
  const names = namesOf(sorted);
  return sorted.map((path, i) => ({path, name: names[i]!}));
}

/** A folder and the model.json in it are one model. */
function modelOf(path: string): string {
  const whole = resolve(path);
  return basename(whole) === 'model.json' ? dirname(whole) : whole;
}

async function matches(given: string): Promise<string[]> {
  if (existsSync(given) || !isDynamicPattern(given)) return [normalize(given)];
  const found = await glob(given, {onlyFiles: false, expandDirectories: false, absolute: isAbsolute(given)});
  if (found.length > 0) return found.map(path => normalize(path).replace(/[/\\]$/, ''));
  throw new InvalidArgumentError(
    `--checkpoints ${given} matches nothing; give a pattern such as 'runs/*/model.json', in quotes, or paths of saved models.`,
  );
}

const collator = new Intl.Collator('en', {numeric: true});

function naturally(a: string, b: string): number {
  // Names that differ in zeros before a number are equal for the collator.
  return collator.compare(a, b) || (a < b ? -1 : 1);
}

/** The paths without model.json and without the folders that all share. */
function namesOf(paths: readonly string[]): string[] {
  const parts = paths.map(path => {
    const list = path.split(/[/\\]/);
    return list.length > 1 && list.at(-1) === 'model.json' ? list.slice(0, -1) : list;
  });
  const [first = []] = parts;
  const isShared = (i: number) => parts.every(list => i < list.length - 1 && list[i] === first[i]);
  let shared = 0;
  while (isShared(shared)) shared++;
  return parts.map(list => list.slice(shared).join(sep));
}
