/** The flags of a report by workers. */
export interface ClusterFlags {
  /** The URL of Redis; `true`: that of the environment. */
  readonly redis: string | true;
  readonly queue: string;
  readonly maxBytes: number;
}
