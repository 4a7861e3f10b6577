import type {LayerSelection} from '../../model/layers/layer-selection.js';

/** The options of `report`, as the command line parses them. */
export interface ReportFlags {
  readonly data: string;
  readonly loss?: string;
  readonly import?: readonly string[];
  readonly out?: string;
  readonly layers: string;
  readonly batchSize: number;
  readonly batches?: number;
  readonly inference?: boolean;
  readonly steps: number;
  readonly probes: number;
  readonly k: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Parses `all`, `middle`, `middle:3`, or names separated by commas. */
export function selection(text: string): LayerSelection {
  if (text === 'all' || text === 'middle') return text;
  const [, count] = /^middle:(\d+)$/.exec(text) ?? [];
  return count === undefined ? text.split(',').map(name => name.trim()) : {middle: Number(count)};
}
