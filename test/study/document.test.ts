import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {beforeAll, describe, expect, it} from 'vitest';
import {comparisons, testAccuracy} from '../../study/analysis/comparisons.js';
import {settingsOf} from '../../study/analysis/settings.js';
import {meanInterval} from '../../study/analysis/statistics.js';
import type {StudyRecords} from '../../study/records/load.js';
import {loadRecords} from '../../study/records/load.js';
import {differences} from '../../study/report/claim-penalty.js';
import {strengths} from '../../study/report/conditions.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'study/records');
const document = readFileSync(join(root, 'docs/study.md'), 'utf8');

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
    expect(document).toContain(penalty);
    expect(document).toContain(places);
    expect(document).toContain(strengths(records, settings));
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
    const table = document.slice(document.indexOf('| less none'));
    expect(Number(row.exec(table)![1]!.replace('−', '-'))).toBeCloseTo(mean, 1);
  });

  it('is judged by at least three seeds of each setting, all regularizers of which were trained', () => {
    for (const {seeds, title} of settingsOf(records)) expect(seeds.length, title).toBeGreaterThanOrEqual(3);
    expect(settingsOf(records)).toHaveLength(records.config.pairs.length);
  });

  it('shows pictures that are there', () => {
    const pictures = [...document.matchAll(/!\[.+?\]\((study\/.+?\.svg)\)/g)].map(([, path]) => path!);
    // One a claim, and one more once there are spectra of the authors' protocol.
    expect(pictures.length).toBeGreaterThanOrEqual(5);
    for (const path of pictures) expect(statSync(join(root, 'docs', path)).size, path).toBeGreaterThan(5000);
  });

  it('is made from records of a few megabytes', () => {
    const sizes = readdirSync(folder).map(name => statSync(join(folder, name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(5e6);
  });
});
