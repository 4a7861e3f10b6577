import type {ReportRequest} from './report-messages.js';

/** Whether a message to a thread asks for a report. */
export function isAboutReports(data: unknown): data is ReportRequest {
  return typeof data === 'object' && data !== null && (data as Partial<ReportRequest>).report === 1;
}
