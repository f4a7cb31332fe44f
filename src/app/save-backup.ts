import { stat } from 'node:fs/promises';
import path from 'node:path';
import { hashFile } from '../artifacts/hash-file.ts';
import { DirectoryPlace } from '../backup/directory-place.ts';
import type { Place, RemotePlace } from '../backup/place.ts';
import { type BackupRecord, parseRecord } from '../backup/record.ts';
import { writeBeside } from '../backup/write-beside.ts';
import { type Node, nodesWithRole } from '../cluster/cluster.ts';
import { snapshotsDirectory } from '../components/backup.ts';
import { etcdClientURLs } from '../components/etcd-client.ts';
import type { RunEvent } from '../engine/events.ts';
import { collectFailures } from '../engine/failures.ts';
import { hostPaths } from '../engine/host-paths.ts';
import { ConnectionLostError, type KclusterError, RefusedError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { shellQuote } from '../render/shell-quote.ts';
import { backupDirectory, makeDirectory } from './backup-directory.ts';
import { checkRoom } from './check-room.ts';
import { runHostScript, scriptError } from './run-host-script.ts';
import type { Session } from './session.ts';
import { tellPhases } from './tell-phases.ts';

export interface SaveChoices {
  /** A directory of this machine, or a place that the backup goes on to. */
  readonly to: Place;
  /** Text of the inventory, which goes along. */
  readonly inventory: string;
  /** Public keys of age; none: not encrypted. */
  readonly recipients: readonly string[];
  /** Leaves a copy on the host that made it. */
  readonly keepOnHost: boolean;
}

type MakeChoices = Omit<SaveChoices, 'to'>;

export interface SavedBackup {
  readonly record: BackupRecord;
  /** Where the archive is: its path here, or its URL. */
  readonly archive: string;
}

const remedy = 'kcluster status says how etcd is; when it cannot be brought back, restore an older backup';

const words: Readonly<Record<string, string>> = {
  save: 'save a snapshot of etcd',
  pack: 'pack the backup',
};

/** Runs the script that makes a backup; its name, or what kept it from being made. */
async function makeOn(session: Session, host: Host, choices: MakeChoices): Promise<string | KclusterError> {
  const { cluster, signal } = session;
  const { node } = host;
  const inventory = `${hostPaths.runtime}/inventory-${session.runId}`;
  await host.run(`umask 077; mkdir -p ${hostPaths.runtime}; cat >${inventory}`, {
    stdin: choices.inventory,
    title: 'send the inventory',
    signal,
  });
  const made = { name: '' };
  const tell = tellPhases(session, node, words);
  const onLine = (word: string, rest: readonly string[]): void => {
    if (word === 'made') made.name = rest[0] ?? '';
    else tell(word, rest);
  };
  const settings = {
    CLUSTER: cluster.name,
    NODE: node,
    ENDPOINTS: etcdClientURLs(cluster).join(','),
    RECIPIENTS: choices.recipients.join(' '),
    INVENTORY: inventory,
  };
  const script = { name: 'backup/make-backup.sh', argument: snapshotsDirectory, settings };
  try {
    const failure = await runHostScript(host, script, onLine, signal);
    // Another control plane may have room, programs, or a way to a member that this one lacks.
    return failure === undefined ? made.name : scriptError(failure, node, remedy);
  } catch (error) {
    if (error instanceof ConnectionLostError) return error;
    throw error;
  } finally {
    await host.run(`rm -f ${inventory}`, { title: 'remove the inventory' }).catch(() => undefined);
  }
}

/** Control planes that are connected, by name. */
function makers({ cluster, hosts }: Session): readonly Host[] {
  const nodes: readonly Node[] = nodesWithRole(cluster, 'control-plane').toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return nodes.flatMap(({ name }) => hosts.get(name) ?? []);
}

/** The first control plane that can. @throws KclusterError when none can */
async function makeSomewhere(session: Session, choices: MakeChoices): Promise<{ readonly host: Host; readonly name: string }> {
  const failures: KclusterError[] = [];
  for (const host of makers(session)) {
    const made = await makeOn(session, host, choices);
    if (typeof made === 'string') return { host, name: made };
    failures.push(made);
    session.emit({ type: 'notice', level: 'warning', text: made.message });
  }
  const [first, second] = failures;
  if (first !== undefined && second === undefined) throw first;
  if (first !== undefined) throw collectFailures(failures, 'no backup');
  if (session.unreachable.length > 0) throw collectFailures(session.unreachable, 'no connection');
  throw new RefusedError(`no control plane of ${session.cluster.name} can be asked`, { remedy: 'bring one of them back' });
}

/** The archive first: a record says that it is there. */
async function bring({ emit, elapsedMs, signal }: Session, host: Host, name: string, directory: string): Promise<SavedBackup> {
  const { node } = host;
  const recordPath = `${snapshotsDirectory}/${name}.json`;
  const { stdout } = await host.run(`cat ${shellQuote(recordPath)}`, { title: 'read the record', signal });
  const record = parseRecord(stdout, recordPath);
  const { file, sizeBytes, sha256 } = record.archive;
  await checkRoom(directory, sizeBytes, 'the backup', 'make room there, or name another directory with --to DIR');
  const archive = path.join(directory, file);
  const progress = (doneBytes: number): void =>
    emit({ type: 'progress', what: `fetch ${file}`, node, doneBytes, totalBytes: sizeBytes, atMs: elapsedMs() });
  await host.download({ path: `${snapshotsDirectory}/${file}`, target: archive, sizeBytes, sha256 }, progress, signal);
  await writeBeside(path.join(directory, `${name}.json`), stdout);
  return { record, archive };
}

function madeEvent({ record, archive }: SavedBackup, atMs: number): RunEvent {
  const { name, snapshot } = record;
  const { sizeBytes, encryptedTo } = record.archive;
  const { revision, keys } = snapshot;
  return { type: 'backup-made', name, archive, sizeBytes, revision, keys, encrypted: encryptedTo.length > 0, atMs };
}

/** Goes on from here to where it shall lie, the archive first. */
async function sendOn({ emit, elapsedMs, signal }: Session, place: RemotePlace, { record, archive }: SavedBackup): Promise<SavedBackup> {
  const { file, sizeBytes, sha256 } = record.archive;
  const progress = (doneBytes: number): void =>
    emit({ type: 'progress', what: `send ${file}`, doneBytes, totalBytes: sizeBytes, atMs: elapsedMs() });
  await place.put({ name: file, path: archive, sizeBytes, sha256 }, progress, signal);
  const recordFile = path.join(path.dirname(archive), `${record.name}.json`);
  const [size, digest] = [(await stat(recordFile)).size, await hashFile(recordFile)];
  await place.put({ name: path.basename(recordFile), path: recordFile, sizeBytes: size, sha256: digest }, () => undefined, signal);
  return { record, archive: `${place.name}/${file}` };
}

/** A place that cannot be used is told before anything is made. */
async function prepare(session: Session, to: Place): Promise<void> {
  if (to.kind === 'directory') await makeDirectory(to.name);
  else await to.text(`${session.cluster.name}-${session.runId}.json`, session.signal);
}

/** By way of the usual directory, where it stays when it cannot be sent on: it is made, and whole. */
async function deliver(session: Session, host: Host, name: string, to: Place): Promise<SavedBackup> {
  if (to.kind === 'directory') return bring(session, host, name, to.name);
  const here = backupDirectory(session.state);
  await makeDirectory(here);
  const saved = await bring(session, host, name, here);
  try {
    const sent = await sendOn(session, to, saved);
    await new DirectoryPlace(here, false).remove([name]);
    return sent;
  } catch (error) {
    session.emit({ type: 'notice', level: 'warning', text: `the backup is whole and stays here: ${saved.archive}` });
    throw error;
  }
}

/** Makes a backup on a control plane and brings it where it shall lie; takes no lock, because it changes nothing that a run looks at. @throws KclusterError */
export async function saveBackup(session: Session, { to, ...choices }: SaveChoices): Promise<SavedBackup> {
  await prepare(session, to);
  const { host, name } = await makeSomewhere(session, choices);
  try {
    const saved = await deliver(session, host, name, to);
    session.emit(madeEvent(saved, session.elapsedMs()));
    return saved;
  } finally {
    // The record first: what is left of a removal that was cut is no backup.
    const base = shellQuote(`${snapshotsDirectory}/${name}`);
    const isScheduled = session.cluster.etcd.snapshots.schedule !== undefined;
    const empty = isScheduled ? '' : `; rmdir ${snapshotsDirectory} 2>/dev/null || :`;
    const remove = `rm -f -- ${base}.json && rm -f -- ${base}.tar.*${empty}`;
    if (!choices.keepOnHost) await host.run(remove, { title: 'remove the copy on the host' }).catch(() => undefined);
  }
}
