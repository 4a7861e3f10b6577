import {engineTitles} from '../../engine-titles.js';
import type {EngineName, Settings} from '../../settings.js';
import {engineNames} from '../../settings.js';

/** Whether an engine should run a training here. `why` not is the end of a sentence. */
export type Fitness = {readonly kind: 'fit'} | {readonly kind: 'slow' | 'impossible'; readonly why: string};

export interface ChosenEngine {
  readonly name: EngineName;
  /** Why it is not the wanted one or a faster one, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Starts the wanted engine, even if it is slow; else the first that works: those of a graphics card come before those of the processor.
 *
 * @param start starts an engine and checks it. It returns `null`, or why the engine cannot be used.
 * @throws Error if none works.
 */
export async function firstThatWorks(
  wanted: Settings['engine'],
  fitness: Readonly<Record<EngineName, Fitness>>,
  start: (engine: EngineName) => Promise<string | null>,
): Promise<ChosenEngine> {
  const notes: string[] = [];
  for (const name of new Set(wanted === 'auto' ? engineNames : [wanted, ...engineNames])) {
    const verdict = fitness[name];
    const isTried = verdict.kind === 'fit' || (verdict.kind === 'slow' && name === wanted);
    const refusal = isTried ? await start(name) : verdict.why;
    if (refusal !== null) notes.push(`${engineTitles[name]} is not used: ${refusal}.`);
    else
      return {
        name,
        notes: verdict.kind === 'slow' ? [...notes, `${engineTitles[name]} is slow: ${verdict.why}.`] : notes,
      };
  }
  throw new Error(['No engine can train here.', ...notes].join(' '));
}
