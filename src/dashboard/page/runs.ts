import {beginsAsSample} from '../../sinks/sample-line.js';
import {parseSample} from '../../streams/parse-sample.js';
import type {Ask, RunFacts, RunView, SpectraMoment} from '../answers.js';
import {RunBook} from '../runs/run-book.js';

/** All runs that the page can show: those of the server and those of opened files. */
export class Runs {
  /** The runs of opened files. */
  private readonly opened = new RunBook();

  get local(): RunFacts[] {
    return this.opened.runs;
  }

  async view(ask: Ask): Promise<RunView> {
    return this.opened.run(ask.run)?.view(ask) ?? ((await (await get('view', ask)).json()) as RunView);
  }

  async spectra(ask: Ask, most: number): Promise<SpectraMoment[]> {
    const found = this.opened.run(ask.run)?.spectraOf(ask, most);
    return found ?? ((await (await get('spectra', ask, {most: String(most)})).json()) as SpectraMoment[]);
  }

  /** All numbers as CSV. */
  async table(ask: Ask): Promise<Blob> {
    const run = this.opened.run(ask.run);
    return run ? new Blob([...run.table(ask)], {type: 'text/csv'}) : (await get('table.csv', ask)).blob();
  }

  /**
   * Reads the file of a run. A torn last line is skipped.
   *
   * @returns the key of the run.
   */
  async open(file: File): Promise<string> {
    const lines = (await file.text()).split('\n');
    const samples = lines.flatMap((text, i) => {
      if (text.trim() === '') return [];
      try {
        return [parseSample(text)];
      } catch (error) {
        if (i === lines.length - 1 && beginsAsSample(text)) return [];
        throw new Error(`${file.name}, line ${i + 1}: ${(error as Error).message}`);
      }
    });
    if (samples.length === 0) throw new Error(`${file.name} has no samples.`);
    this.opened.forget(file.name);
    for (const sample of samples) this.opened.add(sample, file.name);
    this.opened.end();
    return `${file.name}\n${samples.at(-1)!.run}`;
  }
}

async function get(path: string, {run, blocks, from, to}: Ask, more: Record<string, string> = {}): Promise<Response> {
  const query = new URLSearchParams({run, blocks: blocks.join(','), ...more});
  if (from !== null) query.set('from', String(from));
  if (to !== null) query.set('to', String(to));
  const response = await fetch(`${path}?${query}`);
  if (!response.ok) throw new Error(await response.text());
  return response;
}
