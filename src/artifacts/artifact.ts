import type { ComponentName } from '../cluster/cluster.ts';
import type { Architecture } from './catalogue.ts';

/** Where the SHA-256 of a download comes from. */
export interface ChecksumSource {
  /** The checksum file that upstream publishes. */
  readonly url: string;
  /** The catalogue's own value, when it has one. */
  readonly pinned?: string;
}

interface ArtifactBase {
  /** `etcd@3.7.3/amd64`. */
  readonly id: string;
  readonly component: ComponentName;
  readonly version: string;
  readonly arch: Architecture;
}

/** The download is the program. */
export interface FileArtifact extends ArtifactBase {
  readonly kind: 'file';
  readonly url: string;
  readonly checksum: ChecksumSource;
  readonly binaries: readonly [{ readonly name: string }];
}

/** A tar archive; only the named members are taken out. */
export interface ArchiveArtifact extends ArtifactBase {
  readonly kind: 'archive';
  readonly url: string;
  readonly checksum: ChecksumSource;
  readonly binaries: readonly { readonly name: string; readonly member: string }[];
}

/** A container image; a mirror may have it as a docker archive, else nodes pull it. */
export interface ImageArtifact extends ArtifactBase {
  readonly kind: 'image';
  readonly reference: string;
  readonly binaries: readonly [];
}

export type DownloadArtifact = FileArtifact | ArchiveArtifact;
export type Artifact = DownloadArtifact | ImageArtifact;
