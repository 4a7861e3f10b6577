import {beginsAsRecord} from '../../sinks/sample-line.js';
import {isNote, parseRecord} from '../../streams/parse-record.js';
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
    const records = lines.flatMap((text, i) => {
      if (text.trim() === '') return [];
      try {
        const record = parseRecord(text);
        return record === null ? [] : [record];
      } catch (error) {
        if (i === lines.length - 1 && beginsAsRecord(text)) return [];
        throw new Error(`${file.name}, line ${i + 1}: ${(error as Error).message}`);
      }
    });
    const last = records.at(-1);
    if (last === undefined) throw new Error(`${file.name} has no samples.`);
    this.opened.forget(file.name);
    for (const record of records) {
      if (isNote(record)) this.opened.addNote(record, file.name);
      else this.opened.add(record, file.name);
    }
    this.opened.end();
    return `${file.name}\n${last.training ?? last.run}`;
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
