import {readFileSync} from 'node:fs';
import type {TypicalRecords} from './record.js';
import {tables} from './tables.js';

/** The committed records. */
export function readRecords(): TypicalRecords {
  const read = (name: string) =>
    JSON.parse(readFileSync(new URL(`records/${name}.json`, import.meta.url), 'utf8')) as unknown;
  return {values: read('values'), settings: read('settings'), costs: read('costs')} as TypicalRecords;
}

/**
 * The page with the tables that the records give, each between `<!-- table NAME, made by bench/typical.ts -->` and `<!-- end -->`.
 *
 * @throws Error if the page has no place for a table, or a place for a table that is not there.
 */
export function pageOf(page: string, records: TypicalRecords): string {
  const left = new Set(Object.keys(tables));
  const made = page.replaceAll(
    /(<!-- table (\w+), made by bench\/typical\.ts -->\n).*?(<!-- end -->)/gs,
    (_, begin: string, name: string, end: string) => {
      const table = tables[name];
      if (!table) throw new Error(`There is no table "${name}"; there are ${Object.keys(tables).join(', ')}.`);
      left.delete(name);
      return `${begin}${table(records)}\n${end}`;
    },
  );
  if (left.size > 0) throw new Error(`The page has no place for ${[...left].join(', ')}.`);
  return made;
}
