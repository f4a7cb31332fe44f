import type { ArtifactSettings } from '../cluster/cluster.ts';
import type { Artifact } from './artifact.ts';
import { formatLocation, locateArtifact } from './locate-artifact.ts';

/** Where an artifact comes from and who says what its digest must be. */
export interface Supply {
  readonly source: string;
  /** `registry`: nodes pull the image themselves. */
  readonly vouchedBy: 'pinned' | 'published' | 'mirror' | 'registry';
}

/** Part of the inventory's `artifacts`. */
type Settings = { readonly mirror?: string | undefined; readonly trust: ArtifactSettings['trust'] };

/** Whether kcluster looks for an image's archive: only a mirror has one, and only the mirror's own checksum covers it. */
export function takesImageArchives({ mirror, trust }: Settings): boolean {
  return mirror !== undefined && trust === 'mirror';
}

export function judgeSupply(artifact: Artifact, settings: Settings): Supply {
  const believesMirror = settings.mirror !== undefined && settings.trust === 'mirror';
  if (artifact.kind === 'image' && !takesImageArchives(settings)) return { source: artifact.reference, vouchedBy: 'registry' };
  const source = formatLocation(locateArtifact(artifact, settings.mirror).content);
  if (believesMirror || artifact.kind === 'image') return { source, vouchedBy: 'mirror' };
  return { source, vouchedBy: artifact.checksum.pinned === undefined ? 'published' : 'pinned' };
}
