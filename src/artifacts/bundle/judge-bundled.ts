import { ArtifactError } from '../../errors.ts';
import type { Artifact } from '../artifact.ts';
import { describeArtifact } from '../describe-artifact.ts';
import type { ImportWord } from '../imported-sources.ts';
import type { BundledArtifact } from './bundle-index.ts';
import { nameOf } from './bundle-layout.ts';

export interface JudgedArtifact {
  readonly bundled: BundledArtifact;
  readonly artifact: Artifact;
  readonly word: ImportWord;
}

function wordFor(bundled: BundledArtifact, artifact: Artifact, trust: 'pinned' | 'mirror'): ImportWord {
  const pinned = artifact.kind === 'image' ? undefined : artifact.checksum.pinned;
  if (pinned === bundled.sha256) return { pinned };
  if (pinned !== undefined && trust === 'pinned') {
    throw new ArtifactError(`${nameOf(bundled)}: the bundle has ${bundled.sha256}, and kcluster's catalogue wants ${pinned}`, {
      remedy:
        'Do not use this bundle, unless you know who built what is in it: then --trust mirror takes it, for inventories with that trust.',
    });
  }
  return pinned !== undefined || bundled.vouchedBy === 'mirror' ? 'mirror' : 'published';
}

/** What an entry of a bundle is here, and on whose word. @throws ArtifactError for a digest that the catalogue pins otherwise */
export function judgeBundled(bundled: BundledArtifact, trust: 'pinned' | 'mirror'): JudgedArtifact {
  const artifact = describeArtifact(bundled.component, bundled.version, bundled.arch);
  const url = artifact.kind === 'image' ? artifact.reference : artifact.url;
  if (url !== bundled.url) {
    throw new ArtifactError(`${nameOf(bundled)} comes from ${bundled.url} in the bundle, and from ${url} here`, {
      remedy: 'Make the bundle with the same release of kcluster as this one.',
    });
  }
  return { bundled, artifact, word: wordFor(bundled, artifact, trust) };
}
