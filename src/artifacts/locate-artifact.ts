import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '../errors.ts';
import type { Artifact } from './artifact.ts';
import { imageMirrorPath, mirrorPath } from './mirror-path.ts';

export type Location = { readonly kind: 'path'; readonly path: string } | { readonly kind: 'url'; readonly url: string };

/** A path or URL for messages and cache keys. */
export function formatLocation(location: Location): string {
  return location.kind === 'path' ? location.path : location.url;
}

function inMirror(mirror: string, path: string): Location {
  const base = mirror.replace(/\/+$/, '');
  if (/^https?:\/\//i.test(mirror)) return { kind: 'url', url: `${base}/${path}` };
  if (/^file:\/\//i.test(mirror)) return { kind: 'path', path: `${fileURLToPath(base)}/${path}` };
  if (mirror.startsWith('/')) return { kind: 'path', path: `${base}/${path}` };
  throw new ConfigurationError(`artifacts.mirror is neither a URL nor an absolute directory: ${mirror}`, {
    remedy: 'Write https://…, http://… or a directory that begins with a slash.',
  });
}

export interface ArtifactLocation {
  readonly content: Location;
  readonly checksum: Location;
}

/** Where an artifact is: in the mirror, else upstream. @throws RangeError for an image without a mirror: nobody serves image archives. */
export function locateArtifact(artifact: Artifact, mirror: string | undefined): ArtifactLocation {
  if (artifact.kind === 'image') {
    if (mirror === undefined) throw new RangeError(`no mirror for ${artifact.reference}`);
    const path = imageMirrorPath(artifact.reference, artifact.arch);
    return { content: inMirror(mirror, path), checksum: inMirror(mirror, `${path}.sha256`) };
  }
  const { url, checksum } = artifact;
  if (mirror === undefined) return { content: { kind: 'url', url }, checksum: { kind: 'url', url: checksum.url } };
  return { content: inMirror(mirror, mirrorPath(url)), checksum: inMirror(mirror, mirrorPath(checksum.url)) };
}
