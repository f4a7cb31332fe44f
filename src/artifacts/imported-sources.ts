import type { Artifact } from './artifact.ts';
import type { TrustSettings } from './resolve-digest.ts';

/** On whose word a file out of a bundle is what it should be. */
export type ImportWord = 'published' | 'mirror' | { readonly pinned: string };

/** The key in the cache of what came out of a bundle: it has no place of its own, so it serves every mirror. */
export function importedSource(word: ImportWord): string {
  return typeof word === 'string' ? `bundle ${word}` : `bundle pinned ${word.pinned}`;
}

/** The imports that an inventory with these settings takes, in order; none of a weaker word than it asks for. */
export function importedSources(artifact: Artifact, { mirror, trust }: TrustSettings): readonly string[] {
  const pinned = artifact.kind === 'image' ? undefined : artifact.checksum.pinned;
  const vouched: ImportWord = pinned === undefined ? 'published' : { pinned };
  const words: readonly ImportWord[] = mirror !== undefined && trust === 'mirror' ? ['mirror', vouched] : [vouched];
  return words.map(importedSource);
}
