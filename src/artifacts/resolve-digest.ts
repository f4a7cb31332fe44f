import { ArtifactError } from '../errors.ts';
import type { Artifact } from './artifact.ts';
import type { HttpOptions } from './http-client.ts';
import { type ArtifactLocation, formatLocation, type Location } from './locate-artifact.ts';
import { parseChecksum } from './parse-checksum.ts';
import { readSmallFile } from './read-small-file.ts';

export interface WantedDigest {
  readonly sha256: string;
  /** For messages: where the value comes from. */
  readonly source: string;
}

export interface TrustSettings {
  readonly mirror: string | undefined;
  readonly trust: 'pinned' | 'mirror';
}

function fileNameOf(location: Location): string {
  const path = location.kind === 'path' ? location.path : new URL(location.url).pathname;
  return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
}

async function readPublished(artifact: Artifact, fileName: string, checksum: Location, http: HttpOptions): Promise<WantedDigest> {
  const source = formatLocation(checksum);
  const sha256 = parseChecksum(await readSmallFile(checksum, http), fileName);
  if (sha256 !== undefined) return { sha256, source };
  throw new ArtifactError(`${artifact.component} ${artifact.version}: ${source} holds no SHA-256 of ${fileName}`, {
    remedy: 'Check what that address answers: a checksum file is wanted.',
  });
}

/** With a mirror that is not trusted itself, the mirror gives the bytes and upstream says what they must be. */
async function readUpstream(
  artifact: Artifact & { readonly url: string },
  checksumUrl: string,
  hasMirror: boolean,
  http: HttpOptions,
): Promise<WantedDigest> {
  const fileName = fileNameOf({ kind: 'url', url: artifact.url });
  try {
    return await readPublished(artifact, fileName, { kind: 'url', url: checksumUrl }, http);
  } catch (cause) {
    if (!hasMirror || !(cause instanceof ArtifactError)) throw cause;
    throw new ArtifactError(
      `${artifact.component} ${artifact.version}: the catalogue has no checksum, and upstream's cannot be had: ${cause.message}`,
      {
        remedy: "Set artifacts.trust to `mirror` to believe the mirror's own checksum files.",
        cause,
      },
    );
  }
}

/** What an artifact's SHA-256 must be. @throws ArtifactError when nobody who is trusted says so. */
export async function resolveDigest(
  artifact: Artifact,
  location: ArtifactLocation,
  settings: TrustSettings,
  http: HttpOptions,
): Promise<WantedDigest> {
  const hasMirror = settings.mirror !== undefined;
  const believesMirror = hasMirror && settings.trust === 'mirror';
  if (artifact.kind === 'image' || believesMirror) return readPublished(artifact, fileNameOf(location.content), location.checksum, http);
  if (artifact.checksum.pinned !== undefined) return { sha256: artifact.checksum.pinned, source: "kcluster's catalogue" };
  return readUpstream(artifact, artifact.checksum.url, hasMirror, http);
}
