import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';
import type {RecipeRecord} from '../../study/recipe/recipe-record.js';
import {RecipeFolder} from '../../study/records/recipe-folder.js';
import {onAnotherDevice} from '../../study/report/another-device.js';

const records = (name: string) =>
  new RecipeFolder(fileURLToPath(new URL(`../../study/records/${name}`, import.meta.url))).all();
const again = records('again');

function withAccuracies(accuracies: readonly number[]): RecipeRecord[] {
  return accuracies.map((accuracy, i) => ({
    ...again[0]!,
    id: `training ${i}`,
    test: {...again[0]!.test, accuracy},
  }));
}

it('compares trainings with the same ones on another device, and those of two seeds', () => {
  const text = onAnotherDevice(withAccuracies([0.9, 0.91, 0.94]), withAccuracies([0.901, 0.908, 0.94]));
  expect(text).toContain('3 trainings');
  expect(text).toContain('ended 0.10 points of test accuracy apart on average, at most 0.20');
  expect(text).toContain('two seeds ended 2.67 apart');
});

it('says nothing where no training ran twice', () => {
  expect(onAnotherDevice(withAccuracies([0.9]), [])).toBe('');
});

it('finds the first run of each training of the records, and the document has the comparison', () => {
  const comparison = records('comparison');
  const ids = new Set(comparison.map(({id}) => id));
  expect(again.filter(({id}) => !ids.has(id))).toEqual([]);
  const page = readFileSync(new URL('../../docs/study/what-was-run.md', import.meta.url), 'utf8');
  expect(page).toContain(onAnotherDevice(comparison, again));
});
