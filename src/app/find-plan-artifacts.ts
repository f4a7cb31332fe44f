import type { Artifact } from '../artifacts/artifact.ts';
import { describeArtifact } from '../artifacts/describe-artifact.ts';
import { type FetchOptions, fetchArtifacts, findCacheEntries } from '../artifacts/fetch-artifacts.ts';
import { ArtifactError } from '../errors.ts';
import type { PlanArtifacts, SentFile } from './read-plan-artifacts.ts';

/** The digests that an artifact brings, its own and those of its programs. */
async function digestsOf(artifact: Artifact, options: FetchOptions): Promise<ReadonlySet<string>> {
  const entry = (await findCacheEntries([artifact], options)).get(artifact.id);
  return new Set(entry === undefined ? [] : [entry.sha256, ...entry.binaries.map(({ sha256 }) => sha256)]);
}

/** Undefined when it came, else why it did not. */
async function tryFetch(artifact: Artifact, options: FetchOptions): Promise<string | undefined> {
  try {
    const { absentImages } = await fetchArtifacts([artifact], options);
    return absentImages[0]?.reason;
  } catch (error) {
    if (error instanceof ArtifactError) return error.message;
    throw error;
  }
}

function notFound({ component, version, name, sha256 }: SentFile, failures: readonly string[]): ArtifactError {
  const why = failures.length === 0 ? 'what its source has now is another one' : failures.join('; ');
  return new ArtifactError(`the plan sends ${name} of ${component} ${version} with sha256 ${sha256}, which is not to be had: ${why}`, {
    remedy: 'Bring back the source that the plan was made with, or make the plan again.',
  });
}

/** A plan names no architecture: the digests tell which one's files are meant. */
async function findRelease(files: readonly SentFile[], options: FetchOptions): Promise<readonly Artifact[]> {
  const [first] = files;
  if (first === undefined) return [];
  const candidates = (['amd64', 'arm64'] as const).map((arch) => describeArtifact(first.component, first.version, arch));
  const found = new Set<Artifact>();
  let missing = files;
  const look = async (artifact: Artifact): Promise<void> => {
    const digests = await digestsOf(artifact, options);
    const left = missing.filter(({ sha256 }) => !digests.has(sha256));
    if (left.length < missing.length) found.add(artifact);
    missing = left;
  };
  for (const artifact of candidates) await look(artifact);
  const failures: string[] = [];
  for (const artifact of candidates) {
    if (missing.length === 0) break;
    if (found.has(artifact)) continue;
    const failure = await tryFetch(artifact, options);
    if (failure === undefined) await look(artifact);
    else failures.push(failure);
  }
  if (missing[0] !== undefined) throw notFound(missing[0], failures);
  return [...found];
}

/** The artifacts with exactly the files that a plan sends, and those that it lists. @throws ArtifactError when a source has others by now */
export async function findPlanArtifacts({ sent, listed }: PlanArtifacts, options: FetchOptions): Promise<readonly Artifact[]> {
  const releases = Map.groupBy(sent, ({ component, version }) => `${component} ${version}`);
  const found: Artifact[] = [];
  for (const files of releases.values()) found.push(...(await findRelease(files, options)));
  return [...found, ...listed.map(({ component, version, arch }) => describeArtifact(component, version, arch))];
}
