/** How many objects of a resource a restore takes away, brings back, and sets back to what they were. */
export interface RestoreDifference {
  /** `configmaps`, `example.org/things`. */
  readonly resource: string;
  readonly gone: number;
  readonly back: number;
  readonly changed: number;
}
