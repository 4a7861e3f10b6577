import type {ReportWork} from '../../cluster/reports/report-messages.js';
import type {LayerSelection} from '../../model/layers/layer-selection.js';

/** The options of `report`, as the command line parses them. */
export interface ReportFlags extends ReportWork {
  readonly data: string;
  readonly import?: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

/** Parses `all`, `middle`, `middle:3`, or names separated by commas. */
export function selection(text: string): LayerSelection {
  if (text === 'all' || text === 'middle') return text;
  const [, count] = /^middle:(\d+)$/.exec(text) ?? [];
  return count === undefined ? text.split(',').map(name => name.trim()) : {middle: Number(count)};
}
