/** What a report is about, beside the spectra. */
export interface ReportFacts {
  readonly title: string;
  /** The rest, in the order in which it is shown. */
  readonly details: readonly (readonly [name: string, value: string])[];
}
