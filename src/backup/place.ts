import type { Shelf } from './read-shelf.ts';

/** A file that is sent to a place. */
export interface PlaceFile {
  readonly name: string;
  /** Path here. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export type Progress = (doneBytes: number) => void;

/** What every place of backups can do, wherever it is. */
export interface Shelves {
  /** As lists and messages name it: a directory, a node, or a URL. */
  readonly name: string;
  /** Everything that lies there: small files whole, archives by their size. @throws KclusterError */
  shelf(signal: AbortSignal): Promise<Shelf>;
  /** Deletes backups by their names. The record first: what is left of a run that was killed is no backup any more. @throws KclusterError */
  remove(names: readonly string[], signal: AbortSignal): Promise<void>;
}

/** A place whose files are read where they lie. */
export interface LocalPlace extends Shelves {
  readonly kind: 'directory';
  /** Path of a backup's record, or of an archive without one. @throws ConfigurationError */
  find(name: string): Promise<string | undefined>;
}

/** A place that files travel to and from. They go through files of this machine: whoever reads a backup reads it more than once. */
export interface RemotePlace extends Shelves {
  readonly kind: 'remote';
  /** A small file; undefined when it is not there. @throws KclusterError */
  text(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** Brings a file here as it is: whoever reads it judges it. @throws KclusterError */
  fetch(name: string, path: string, onProgress: Progress, signal: AbortSignal): Promise<void>;
  /** Gets its name there when it is whole and its digest is right. @throws KclusterError */
  put(file: PlaceFile, onProgress: Progress, signal: AbortSignal): Promise<void>;
}

/** Where backups lie. */
export type Place = LocalPlace | RemotePlace;

/** Records have some kilobytes; what is longer is none. */
export const maxTextBytes = 262_144;
