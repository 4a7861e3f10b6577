import {readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {beforeAll, describe, expect, it} from 'vitest';
import {comparisons, testAccuracy} from '../../study/analysis/comparisons.js';
import {settingsOf} from '../../study/analysis/settings.js';
import {meanInterval} from '../../study/analysis/statistics.js';
import {comparisonPlans} from '../../study/comparison/plan.js';
import type {StudyRecords} from '../../study/records/load.js';
import {loadRecords} from '../../study/records/load.js';
import {RecipeFolder} from '../../study/records/recipe-folder.js';
import {differences} from '../../study/report/claim-penalty.js';
import {comparisonSection} from '../../study/report/comparison-section.js';
import {strengths} from '../../study/report/conditions.js';
import {protocolResults} from '../../study/report/protocol-section.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'study/records');
const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');
const names = [
  'study.md',
  ...['shape', 'middle', 'fall', 'penalty', 'places', 'what-was-run'].map(name => `study/${name}.md`),
];

describe('the document of the study', () => {
  let records: StudyRecords;

  beforeAll(async () => {
    records = await loadRecords(folder);
  });

  it('has the tables of test accuracy that the committed records give', () => {
    const settings = settingsOf(records);
    const penalty = differences(settings, comparisons(settings, 'htr-all', ['none', 'l2', 'dropout', 'seht-d']));
    const places = differences(
      settings,
      comparisons(settings, 'htr-middle', ['htr-all', 'htr-first', 'htr-last', 'none']),
    );
    expect(page('study/penalty.md')).toContain(penalty);
    expect(page('study/places.md')).toContain(places);
    expect(page('study/what-was-run.md')).toContain(strengths(records, settings));
  });

  it('has numbers that follow from the records by hand', () => {
    const [setting] = settingsOf(records);
    const by = (arm: string) =>
      setting!.seeds.map(
        seed =>
          records.trainings.find(
            t =>
              t.phase === 'final' &&
              t.dataSet === setting!.dataSet &&
              t.model === setting!.model &&
              t.arm === arm &&
              t.seed === seed,
          )!,
      );
    const [all, none] = [by('htr-all'), by('none')];
    const {mean} = meanInterval(all.map((training, i) => testAccuracy(training) - testAccuracy(none[i]!)));
    const row = new RegExp(`^\\| ${setting!.title} \\| ([+−]?[\\d.]+) \\[`, 'm');
    const text = page('study/penalty.md');
    const table = text.slice(text.indexOf('| less none'));
    expect(Number(row.exec(table)![1]!.replace('−', '-'))).toBeCloseTo(mean, 1);
  });

  it('is judged by at least three seeds of each setting, all regularizers of which were trained', () => {
    for (const {seeds, title} of settingsOf(records)) expect(seeds.length, title).toBeGreaterThanOrEqual(3);
    expect(settingsOf(records)).toHaveLength(records.config.pairs.length);
  });

  it('has the tables of trainings on many images that the committed records give', () => {
    const protocol = new RecipeFolder(join(folder, 'protocol')).all();
    expect(protocol.length).toBeGreaterThan(0);
    expect(page('study.md')).toContain(protocolResults(protocol));
    const comparison = new RecipeFolder(join(folder, 'comparison')).all();
    expect(page('study.md')).toContain(comparisonSection(comparisonPlans.full, comparison));
  });

  it('shows every picture of its folder, and no other', () => {
    const paths = names.flatMap(name =>
      [...page(name).matchAll(/!\[.+?\]\((.+?\.svg)\)/g)].map(([, path]) => join('docs', dirname(name), path!)),
    );
    const shown = [...new Set(paths)];
    const drawn = readdirSync(join(root, 'docs/study')).filter(name => name.endsWith('.svg'));
    expect(shown.sort()).toEqual(drawn.map(name => `docs/study/${name}`).sort());
    for (const path of shown) expect(statSync(join(root, path)).size, path).toBeGreaterThan(5000);
  });

  it('is made from records of a few megabytes', () => {
    const sizes = readdirSync(folder).map(name => statSync(join(folder, name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(5e6);
  });
});
