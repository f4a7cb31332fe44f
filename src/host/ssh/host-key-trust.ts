import { UnreachableError } from '../../errors.ts';
import { fingerprintOf, hostLabel, type KnownHost, keyTypeOf, matchesLabel } from './known-hosts.ts';
import { openKnownHostsStore, readKnownHosts } from './known-hosts-files.ts';

/** A host at its first contact, as shown to the person who decides. */
export interface UnknownHost {
  readonly node: string;
  /** `host` or `[host]:port`. */
  readonly host: string;
  readonly keyType: string;
  readonly fingerprint: string;
}

export interface HostKeyTrustOptions {
  /** kcluster's own known_hosts in the state directory: read, and appended to on acceptance. */
  readonly storeFile: string;
  /** Files that are only read: the user's and the system's. */
  readonly knownHostsFiles: readonly string[];
  /** Decides about a host that is in no file; absent: refuse. */
  readonly onUnknownHost?: (host: UnknownHost) => Promise<'accept' | 'refuse'> | 'accept' | 'refuse';
}

/** A key a host shows, with all we know to judge it by. */
export interface ShownKey {
  readonly node: string;
  readonly host: string;
  readonly port: number;
  readonly key: Buffer;
  /** `ssh-ed25519 AAAA…` of the inventory. */
  readonly pinned?: string;
}

export interface HostKeyTrust {
  /** Key types known for the address, to be negotiated first. */
  knownTypes(host: string, port: number, pinned?: string): readonly string[];
  /** Resolves when the key is trusted. @throws UnreachableError */
  judge(shown: ShownKey): Promise<void>;
}

/** Pinned key, then the user's and system's known_hosts, then kcluster's own, then the decision callback. */
export async function createHostKeyTrust(options: HostKeyTrustOptions): Promise<HostKeyTrust> {
  const foreign = await readKnownHosts(options.knownHostsFiles);
  const store = await openKnownHostsStore(options.storeFile);
  const about = (host: string, port: number) => {
    const label = hostLabel(host, port);
    return {
      foreign: foreign.filter((known) => matchesLabel(known, label)),
      own: store.entries().filter((known) => matchesLabel(known, label)),
    };
  };
  // Many nodes behind one jump host meet it at the same time: one question, one line.
  const contacts = new Map<string, Promise<'accept' | 'refuse'>>();
  let queue: Promise<unknown> = Promise.resolve();
  const ask = async (host: UnknownHost, key: Buffer) => {
    const decision = (await options.onUnknownHost?.(host)) ?? 'refuse';
    if (decision === 'accept') await store.add(host.host, key);
    return decision;
  };
  const decide = (shown: ShownKey) => {
    const host = unknownHost(shown);
    const contact = `${host.host} ${host.fingerprint}`;
    const decision = contacts.get(contact) ?? queue.then(() => ask(host, shown.key));
    contacts.set(contact, decision);
    // A person is asked one question at a time.
    queue = decision.catch(() => undefined);
    return decision;
  };
  return {
    knownTypes(host, port, pinned) {
      if (pinned !== undefined) return [pinned.trim().split(/\s+/)[0] ?? ''];
      const known = about(host, port);
      return [...known.foreign, ...known.own].filter((entry) => entry.marker === 'none').map((entry) => entry.keyType);
    },
    async judge(shown) {
      const known = about(shown.host, shown.port);
      refuseRevoked(shown, [...known.foreign, ...known.own]);
      if (shown.pinned !== undefined) return judgePinned(shown, shown.pinned);
      if (isKnown(shown, known.foreign) || isKnown(shown, known.own)) return;
      refuseCertificateAuthority(shown, known.foreign);
      if ((await decide(shown)) === 'refuse') throw refused(shown);
    },
  };
}

function refuseRevoked(shown: ShownKey, known: readonly KnownHost[]): void {
  const revoked = known.find((entry) => entry.marker === 'revoked' && entry.key.equals(shown.key));
  if (revoked === undefined) return;
  throw new UnreachableError(
    `the host key ${fingerprintOf(shown.key)} of ${hostLabel(shown.host, shown.port)} is revoked by ${revoked.source}`,
    {
      node: shown.node,
      remedy: 'Treat the host as compromised: give it new keys, then remove the @revoked line if it was a mistake.',
    },
  );
}

function judgePinned(shown: ShownKey, pinned: string): void {
  const key = Buffer.from(pinned.trim().split(/\s+/)[1] ?? '', 'base64');
  if (!key.equals(shown.key)) throw changed(shown, [{ key, source: 'ssh.hostKey of the inventory' }], 'ssh.hostKey in the inventory');
}

/** True when a plain line holds the key, false when none speaks of the host. @throws UnreachableError when lines hold other keys only */
function isKnown(shown: ShownKey, entries: readonly KnownHost[]): boolean {
  const plain = entries.filter((entry) => entry.marker === 'none');
  if (plain.length === 0) return false;
  if (plain.some((entry) => entry.key.equals(shown.key))) return true;
  throw changed(shown, plain, [...new Set(plain.map((entry) => entry.source))].join(', '));
}

function changed(shown: ShownKey, known: readonly { readonly key: Buffer; readonly source: string }[], place: string): UnreachableError {
  const label = hostLabel(shown.host, shown.port);
  const before = known.map((entry) => `${keyTypeOf(entry.key)} ${fingerprintOf(entry.key)} (${entry.source})`).join(', ');
  return new UnreachableError(
    `the host key of ${label} changed: known is ${before}, the host shows ${keyTypeOf(shown.key)} ${fingerprintOf(shown.key)}; nothing was sent to it`,
    {
      node: shown.node,
      remedy: `If the machine was reinstalled, verify the new fingerprint at its console and replace the key in ${place}.`,
    },
  );
}

function refuseCertificateAuthority(shown: ShownKey, entries: readonly KnownHost[]): void {
  const authority = entries.find((entry) => entry.marker === 'cert-authority');
  if (authority === undefined) return;
  throw new UnreachableError(
    `${authority.source} trusts ${hostLabel(shown.host, shown.port)} through a certificate authority, and kcluster cannot check host certificates`,
    {
      node: shown.node,
      remedy: `Pin the host's key (${keyTypeOf(shown.key)} ${fingerprintOf(shown.key)}) as ssh.hostKey in the inventory.`,
    },
  );
}

function unknownHost(shown: ShownKey): UnknownHost {
  return {
    node: shown.node,
    host: hostLabel(shown.host, shown.port),
    keyType: keyTypeOf(shown.key),
    fingerprint: fingerprintOf(shown.key),
  };
}

function refused(shown: ShownKey): UnreachableError {
  const { host, keyType, fingerprint } = unknownHost(shown);
  return new UnreachableError(`the host key of ${host} is unknown: ${keyType} ${fingerprint}`, {
    node: shown.node,
    remedy: 'Compare the fingerprint with the one at its console, then pass --accept-new-host-keys or set ssh.hostKey in the inventory.',
  });
}
