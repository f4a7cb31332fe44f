import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { DirectoryPlace } from '../backup/directory-place.ts';
import type { Place } from '../backup/place.ts';
import { S3Place } from '../backup/s3-place.ts';
import { canonicalAddress } from '../cluster/cidr.ts';
import type { BackupTarget } from '../cluster/cluster.ts';
import { placeOf, snapshotsDirectory } from '../components/backup.ts';
import { ConfigurationError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { parseTarget } from '../inventory/snapshot-syntax.ts';
import { HostPlace } from './host-place.ts';
import { s3AccessFrom, s3AccessOf } from './s3-access.ts';
import type { Session } from './session.ts';

type S3Target = Extract<BackupTarget, { kind: 's3' }>;
type SshTarget = Extract<BackupTarget, { kind: 'ssh' }>;
type Login = Pick<SshTarget, 'user' | 'host' | 'port' | 'path'> & Partial<Pick<SshTarget, 'identityFile' | 'hostKey'>>;
type PlaceSession = Pick<Session, 'cluster' | 'hosts' | 'connectTo'>;

export function isURL(text: string): boolean {
  return /^[A-Za-z0-9+.-]+:\/\//.test(text);
}

/** Backups of a control plane. */
export function nodePlace(host: Host): Place {
  return new HostPlace({ name: host.node, path: snapshotsDirectory, mayBeMissing: true, host: async () => host });
}

/** A directory that every control plane has, on one of them. */
export function directoryOn(host: Host, directory: string): Place {
  return new HostPlace({ name: `${host.node}:${directory}`, path: directory, mayBeMissing: false, host: async () => host });
}

function sshPlace(session: PlaceSession, login: Login): Place {
  const { user, host: address, port, identityFile, hostKey } = login;
  const name = placeOf({ kind: 'ssh', ...login });
  const ssh = {
    user,
    port,
    become: 'none' as const,
    jump: [],
    ...(identityFile === undefined ? {} : { identityFile }),
    ...(hostKey === undefined ? {} : { hostKey }),
  };
  return new HostPlace({ name, path: login.path, mayBeMissing: true, host: () => session.connectTo({ name, address, ssh }) });
}

/** Of the places that hosts copy to: with the credentials that the inventory names. */
export function targetPlace(session: PlaceSession, target: SshTarget | S3Target): Place {
  if (target.kind === 'ssh') return sshPlace(session, target);
  const name = placeOf(target);
  return new S3Place(name, () => s3AccessFrom(name, target, target.credentialsFile), target);
}

/** A machine and a bucket are known by the inventory in each of their directories. */
function known<T extends BackupTarget>(
  targets: readonly BackupTarget[],
  place: string,
  isSame: (target: BackupTarget) => target is T,
): T | undefined {
  const same = targets.filter(isSame);
  return same.find((target) => placeOf(target) === place) ?? same[0];
}

function urlPlace(session: PlaceSession, url: string): Place {
  const parsed = parseTarget(url);
  if (typeof parsed === 'string' || parsed.kind === 'directory')
    throw new ConfigurationError(typeof parsed === 'string' ? parsed : `${url} is no URL`, {
      remedy: 'name a directory, ssh://… or s3://…',
    });
  const { copyTo } = session.cluster.etcd.snapshots;
  if (parsed.kind === 's3') {
    const name = placeOf(parsed);
    const entry = known(copyTo, name, (target): target is S3Target => target.kind === 's3' && target.bucket === parsed.bucket);
    const access = () =>
      entry === undefined ? s3AccessOf(name, process.env, homedir()) : s3AccessFrom(name, entry, entry.credentialsFile);
    return new S3Place(name, access, parsed);
  }
  const login = { ...parsed, host: canonicalAddress(parsed.host.toLowerCase()) };
  const isSame = (target: BackupTarget): target is SshTarget =>
    target.kind === 'ssh' && target.host === login.host && target.port === login.port && target.user === login.user;
  return sshPlace(session, { ...known(copyTo, placeOf(login), isSame), ...login });
}

/**
 * The place that a person named: a URL, a control plane of the inventory, or else a directory of this machine.
 * @throws ConfigurationError
 */
export function openPlace(session: PlaceSession, given: string): Place {
  if (isURL(given)) return urlPlace(session, given);
  const host = session.hosts.get(given);
  return host === undefined ? new DirectoryPlace(path.resolve(given), true) : nodePlace(host);
}

/** Where a new backup goes: a URL, or a directory of this machine. @throws ConfigurationError */
export function openTarget(session: PlaceSession, given: string): Place {
  return isURL(given) ? urlPlace(session, given) : new DirectoryPlace(path.resolve(given), true);
}
