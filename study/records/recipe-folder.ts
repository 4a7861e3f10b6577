import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {RecipeJob, RecipeRecord} from '../recipe/recipe-record.js';

/** The records of trainings by recipes, a file each, that a training's end writes in one piece. */
export class RecipeFolder {
  constructor(readonly path: string) {
    mkdirSync(path, {recursive: true});
  }

  /** Whether a training is finished, by the recipe that the job has now. */
  has(job: RecipeJob): boolean {
    const path = this.file(job.id);
    return existsSync(path) && JSON.stringify(read(path).recipe) === JSON.stringify(job.recipe);
  }

  finish(record: RecipeRecord): void {
    const path = this.file(record.id);
    writeFileSync(`${path}.unfinished`, `${JSON.stringify(record, null, 1)}\n`, {flush: true});
    renameSync(`${path}.unfinished`, path);
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

function read(path: string): RecipeRecord {
  return JSON.parse(readFileSync(path, 'utf8')) as RecipeRecord;
}
