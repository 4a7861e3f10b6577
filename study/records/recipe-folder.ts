import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import type {EpochSpectra} from '../recipe/epoch-spectra.js';
import type {RecipeJob, RecipeRecord} from '../recipe/recipe-record.js';

/** The spectra of a training. */
export interface SpectraRecord {
  readonly setting: string;
  readonly seed: number;
  readonly epochs: readonly EpochSpectra[];
}

/** The records of trainings by recipes, a file each, that a training's end writes in one piece. Spectra have a file of their own. */
export class RecipeFolder {
  constructor(readonly path: string) {
    mkdirSync(path, {recursive: true});
  }

  /** Whether a training is finished, by the recipe that the job has now. */
  has(job: RecipeJob): boolean {
    const path = this.file(job.id);
    return existsSync(path) && isDeepStrictEqual(read(path).recipe, JSON.parse(JSON.stringify(job.recipe)));
  }

  finish(record: RecipeRecord, spectra: readonly EpochSpectra[] = []): void {
    const {id, setting, seed} = record;
    if (spectra.length > 0) {
      const content: SpectraRecord = {setting, seed, epochs: spectra};
      write(join(this.path, id + SPECTRA), JSON.stringify(content));
    }
    write(this.file(id), JSON.stringify(record, null, 1));
  }

  /** The spectra of the trainings that have some. */
  spectra(): SpectraRecord[] {
    const names = readdirSync(this.path).filter(name => name.endsWith(SPECTRA));
    return names.sort().map(name => JSON.parse(readFileSync(join(this.path, name), 'utf8')) as SpectraRecord);
  }

  all(): RecipeRecord[] {
    const names = readdirSync(this.path).filter(name => name.endsWith(ENDING));
    return names.sort().map(name => read(join(this.path, name)));
  }

  private file(id: string): string {
    return join(this.path, id + ENDING);
  }
}

const ENDING = '.json';
const SPECTRA = '.spectra';

function write(path: string, content: string): void {
  writeFileSync(`${path}.unfinished`, `${content}\n`, {flush: true});
  renameSync(`${path}.unfinished`, path);
}

function read(path: string): RecipeRecord {
  return JSON.parse(readFileSync(path, 'utf8')) as RecipeRecord;
}
