import type { ComponentName } from '../cluster/cluster.ts';
import type { Architecture } from './catalogue.ts';

interface Local {
  readonly component: ComponentName;
  readonly version: string;
  readonly arch: Architecture;
  /** The file in the cache. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface LocalBinary extends Local {
  readonly name: string;
}

/** A docker archive for `ctr -n k8s.io images import`. */
export interface LocalImage extends Local {
  readonly reference: string;
}

/** An image that nodes must pull themselves. */
export interface AbsentImage {
  readonly component: ComponentName;
  readonly version: string;
  readonly arch: Architecture;
  readonly reference: string;
  readonly reason: string;
}

/** What was fetched, as local files. */
export interface ArtifactIndex {
  readonly binaries: readonly LocalBinary[];
  readonly images: readonly LocalImage[];
  readonly absentImages: readonly AbsentImage[];
}

export function mergeIndexes(indexes: readonly ArtifactIndex[]): ArtifactIndex {
  return {
    binaries: indexes.flatMap((index) => index.binaries),
    images: indexes.flatMap((index) => index.images),
    absentImages: indexes.flatMap((index) => index.absentImages),
  };
}
