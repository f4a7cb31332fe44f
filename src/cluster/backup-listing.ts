/** A backup in one place, as lists show it: what its record says, and whether archive and record are there. */
export interface BackupListing {
  /** Node that holds it, `NODE:DIRECTORY`, directory of the operator's machine, or URL. */
  readonly place: string;
  readonly name: string;
  readonly state: 'whole' | 'cut off' | 'no archive' | 'no record' | 'damaged record';
  /** Of the archive; absent without one. */
  readonly sizeBytes?: number;
  /** These come from the record. */
  readonly takenAt?: string;
  readonly revision?: number;
  readonly keys?: number;
  readonly encrypted?: boolean;
  /** When every byte of it was last found to be right; `drill`: also restored and read. */
  readonly checked?: { readonly at: string; readonly how: 'read' | 'drill' };
}

/** A place that did not answer. */
export interface SilentPlace {
  readonly place: string;
  readonly error: string;
}
