/** What a restore drill found. */
export interface DrillReport {
  /** Whose host it ran on. */
  readonly node: string;
  readonly revision: number;
  /** Objects in the restored store, by resource: the newest revision of each, unlike the keys of a record. */
  readonly resources: readonly { readonly resource: string; readonly count: number }[];
  /** The Secret that was tried; absent when there is none. `key` is that of encryption at rest, absent when it is stored in the clear. */
  readonly secret?: { readonly name: string; readonly key?: string };
}
