/** Title and details of a report. */
export interface ReportFacts {
  readonly title: string;
  /** Further facts, in the order in which they are shown. */
  readonly details: readonly (readonly [name: string, value: string])[];
}
