import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Artifact } from '../artifacts/artifact.ts';
import type { BundleIndex, BundlePurpose } from '../artifacts/bundle/bundle-index.ts';
import { bundleBytes } from '../artifacts/bundle/bundle-layout.ts';
import { encodeBundle } from '../artifacts/bundle/encode-bundle.ts';
import { makeBundleIndex } from '../artifacts/bundle/make-bundle-index.ts';
import type { FetchOptions } from '../artifacts/fetch-artifacts.ts';
import { DurableFile } from '../backup/durable-file.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { ConfigurationError, InterruptedError } from '../errors.ts';
import { checkRoom } from './check-room.ts';
import { findPlanArtifacts } from './find-plan-artifacts.ts';
import { kclusterVersion } from './kcluster-version.ts';
import { readPlanArtifacts } from './read-plan-artifacts.ts';
import type { Session } from './session.ts';

export interface BundleChoices {
  readonly cluster: Cluster;
  readonly inventorySha256: string;
  /** What the inventory needs, when there is no plan. */
  readonly artifacts: readonly Artifact[];
  readonly planFile: string | undefined;
  readonly file: string | undefined;
  readonly madeAt: Date;
}

export interface MadeBundle {
  readonly file: string;
  readonly sizeBytes: number;
  /** Of the whole file, to be compared where it is imported. */
  readonly sha256: string;
  readonly index: BundleIndex;
}

type Teller = Pick<Session, 'emit' | 'elapsedMs' | 'signal'>;

interface Wish {
  readonly purpose: BundlePurpose;
  readonly file: string;
  find(options: FetchOptions): Promise<readonly Artifact[]>;
}

async function wishFor({ cluster, inventorySha256, artifacts, planFile }: BundleChoices): Promise<Wish> {
  const { name } = cluster;
  if (planFile === undefined)
    return { purpose: { cluster: name, inventorySha256 }, file: `${name}-artifacts.tar`, find: () => Promise.resolve(artifacts) };
  const plan = await readPlanArtifacts(planFile);
  if (plan.cluster !== name) {
    throw new ConfigurationError(`${planFile} is a plan for cluster ${plan.cluster}, and the inventory is of ${name}`, {
      remedy: 'name the inventory that the plan was made from with -i FILE',
    });
  }
  const { workflow, planSha256 } = plan;
  return {
    purpose: { cluster: name, workflow, planSha256 },
    file: `${name}-${workflow.replaceAll(/\W+/g, '-')}-artifacts.tar`,
    find: (options) => findPlanArtifacts(plan, options),
  };
}

function checkName(file: string): void {
  if (!/\.(gz|tgz|zst|tzst|xz|bz2)$/i.test(file)) return;
  throw new ConfigurationError(`${file} has the name of a compressed file, and a bundle is a plain tar`, {
    remedy: 'name it FILE.tar; compress it afterwards if you like',
  });
}

function fetchOptions({ artifacts }: Cluster, { emit, signal }: Teller): FetchOptions {
  return {
    ...(artifacts.mirror === undefined ? {} : { mirror: artifacts.mirror }),
    trust: artifacts.trust,
    signal,
    onProgress: ({ artifact, receivedBytes, totalBytes }) =>
      emit({ type: 'artifact-progress', artifact: artifact.id, doneBytes: receivedBytes, totalBytes: totalBytes ?? receivedBytes }),
  };
}

/** @returns its sha256 */
async function write(index: BundleIndex, sink: DurableFile, file: string, { emit, elapsedMs, signal }: Teller): Promise<string> {
  const totalBytes = bundleBytes(index);
  await checkRoom(dirname(file), totalBytes, 'the bundle', 'make room there, or name another file with -o FILE');
  const hash = createHash('sha256');
  let doneBytes = 0;
  for await (const chunk of encodeBundle(index)) {
    if (signal.aborted) throw new InterruptedError('the bundle was interrupted', { remedy: 'Run it again: what was fetched is kept.' });
    hash.update(chunk);
    await sink.write(chunk);
    doneBytes += chunk.length;
    emit({ type: 'progress', what: `write ${file}`, doneBytes, totalBytes, atMs: elapsedMs() });
  }
  await sink.commit();
  return hash.digest('hex');
}

/**
 * One file with everything that an inventory or a plan needs, each file with its checksum; whole or not at all.
 * @throws ArtifactError naming what cannot be had; StoppedError without room
 */
export async function makeBundle(choices: BundleChoices, teller: Teller): Promise<MadeBundle> {
  const wish = await wishFor(choices);
  const file = choices.file ?? wish.file;
  checkName(file);
  // Before the long work: a place that cannot be written is told at once.
  await using sink = await DurableFile.open(file, 0o644);
  const options = fetchOptions(choices.cluster, teller);
  const about = { madeAt: choices.madeAt.toISOString(), madeBy: `kcluster ${kclusterVersion}`, for: wish.purpose };
  const index = await makeBundleIndex(await wish.find(options), options, about);
  return { file, sizeBytes: bundleBytes(index), sha256: await write(index, sink, file, teller), index };
}
