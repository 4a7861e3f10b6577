import {nextComparisonJobs} from '../comparison/comparison-jobs.js';
import type {ComparisonPlan} from '../comparison/plan.js';
import type {RecipeFolder} from '../records/recipe-folder.js';
import {followAll} from './follow-all.js';
import type {Pool} from './pool.js';

/** Runs the comparison round by round: what is tried next follows from the results so far. */
export async function conductComparison(plan: ComparisonPlan, pool: Pool, records: RecipeFolder): Promise<void> {
  for (let jobs = next(plan, records); jobs.length > 0; jobs = next(plan, records)) {
    await followAll('comparison', jobs, pool, records);
  }
}

function next(plan: ComparisonPlan, records: RecipeFolder) {
  return nextComparisonJobs(plan, records.all());
}
