import { z } from 'zod';
import type { OpenedBackup } from '../backup/open-backup.ts';
import { openSecret } from '../backup/open-secret.ts';
import { nodesWithRole } from '../cluster/cluster.ts';
import type { DrillReport } from '../cluster/drill-report.ts';
import { encryptionConfigPath } from '../components/authorities.ts';
import { snapshotsDirectory } from '../components/backup.ts';
import { collectFailures } from '../engine/failures.ts';
import { ConfigurationError, RefusedError, StoppedError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { suggestion } from '../inventory/suggest.ts';
import { runHostScript, scriptError } from './run-host-script.ts';
import type { Session } from './session.ts';
import { tellPhases } from './tell-phases.ts';

const encryptionConfigFile = `host${encryptionConfigPath}`;
const judged = z.object({ hash: z.number(), revision: z.number(), totalKey: z.number() });
const stored = z.object({ kvs: z.array(z.object({ key: z.string(), value: z.string() })).min(1) });
const remedy = 'use another backup';

/** The host that was asked for, or the first that runs etcd. */
function chooseHost({ cluster, hosts, unreachable }: Session, on: string | undefined): Host {
  const names = nodesWithRole(cluster, 'etcd').map(({ name }) => name);
  if (on !== undefined && !cluster.nodes.some(({ name }) => name === on))
    throw new ConfigurationError(`there is no node ${on} in the inventory${suggestion(on, names)}`, {
      remedy: 'name one of its nodes with --on',
    });
  const found = (on === undefined ? names : [on]).flatMap((name) => hosts.get(name) ?? [])[0];
  if (found !== undefined) return found;
  if (unreachable.length > 0) throw collectFailures(unreachable, 'no connection');
  throw new RefusedError('no host of the inventory runs etcd, whose program a drill needs', {
    remedy: 'name a host that has it with --on NODE',
  });
}

/** Where the drill is at home: root's alone, and removed by the script; or here, when it never came to that. */
export async function withScratch<T>(session: Session, host: Host, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = `${snapshotsDirectory}/.drill-${session.runId}`;
  const made = await host.run(`umask 077; mkdir -p ${snapshotsDirectory} && mkdir ${directory}`, { title: 'prepare the drill' });
  if (made.code !== 0)
    throw new StoppedError(`${directory} cannot be made: ${made.stderr.trim()}`, { node: host.node, remedy: 'look at that host' });
  try {
    return await work(directory);
  } finally {
    await host.run(`rm -rf ${directory}`, { title: 'clear the drill away' }).catch(() => undefined);
  }
}

/** The snapshot as a file of this machine. */
interface SnapshotHere {
  readonly file: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export async function sendSnapshot(
  { emit, elapsedMs, signal }: Session,
  host: Host,
  snapshot: SnapshotHere,
  target: string,
): Promise<void> {
  const { file: source, sha256, sizeBytes } = snapshot;
  const progress = (doneBytes: number): void =>
    emit({ type: 'progress', what: 'send the snapshot', node: host.node, doneBytes, totalBytes: sizeBytes, atMs: elapsedMs() });
  await host.upload({ source, path: target, sha256, sizeBytes, mode: 0o600 }, progress, signal);
}

interface Findings {
  snapshot?: z.infer<typeof judged>;
  secret?: { readonly name: string; readonly value: Buffer };
  readonly resources: { readonly resource: string; readonly count: number }[];
}

function note(findings: Findings, word: string, rest: readonly string[]): void {
  const [first = '', second = ''] = rest;
  if (word === 'snapshot') findings.snapshot = judged.parse(JSON.parse(first));
  if (word === 'keys') findings.resources.push({ resource: first, count: Number(second) });
  if (word !== 'secret') return;
  const [entry] = stored.parse(JSON.parse(first)).kvs;
  const text = (value = ''): Buffer => Buffer.from(value, 'base64');
  findings.secret = { name: text(entry?.key).toString().split('/').slice(-2).join('/'), value: text(entry?.value) };
}

function judge({ snapshot, secret, resources }: Findings, { record, files }: OpenedBackup, node: string): DrillReport {
  if (snapshot === undefined) throw new StoppedError('the drill ended without a result', { node, remedy: 'run the command again' });
  const expected = record.snapshot;
  if (snapshot.hash !== expected.hash || snapshot.revision !== expected.revision || snapshot.totalKey !== expected.keys)
    throw new RefusedError(
      `the snapshot has hash ${snapshot.hash}, revision ${snapshot.revision} and ${snapshot.totalKey} keys instead of ${expected.hash}, ${expected.revision} and ${expected.keys}`,
      { node, remedy },
    );
  if (resources.length === 0) throw new RefusedError('the restored store is empty', { node, remedy });
  const report = { node, revision: snapshot.revision, resources };
  if (secret === undefined) return report;
  const config = files().get(encryptionConfigFile)?.toString('utf8') ?? '';
  return { ...report, secret: { name: secret.name, ...openSecret(secret.value, config) } };
}

/**
 * Restores a backup on one host, beside everything that runs there: an etcd of its own serves it on a socket, is read and ends.
 * The key of encryption at rest stays here. @throws RefusedError when the backup is no good, StoppedError, ConfigurationError
 */
export async function drillBackup(session: Session, opened: OpenedBackup, snapshotFile: string, on?: string): Promise<DrillReport> {
  const host = chooseHost(session, on);
  return withScratch(session, host, async (directory) => {
    const { snapshotSha256: sha256, record } = opened;
    const { sizeBytes } = record.snapshot;
    await sendSnapshot(session, host, { file: snapshotFile, sha256, sizeBytes }, `${directory}/snapshot.db`);
    const findings: Findings = { resources: [] };
    const tell = tellPhases(session, host.node, {});
    const onLine = (word: string, rest: readonly string[]): void => {
      note(findings, word, rest);
      tell(word, rest);
    };
    const failure = await runHostScript(host, { name: 'backup/drill.sh', argument: directory }, onLine, session.signal);
    if (failure !== undefined) throw scriptError(failure, host.node, remedy);
    return judge(findings, opened, host.node);
  });
}
