import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Session } from '../../../src/app/session.ts';
import { openStateDirectory } from '../../../src/app/state-directory.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { type KclusterError, UnreachableError } from '../../../src/errors.ts';
import { FakeHost } from '../../../src/host/fake/fake-host.ts';
import { readInventory } from './mirrored-inventory.ts';

export interface BackupSession extends AsyncDisposable {
  readonly session: Session;
  readonly hosts: ReadonlyMap<string, FakeHost>;
  readonly events: RunEvent[];
  /** Of this machine, gone afterwards. */
  readonly directory: string;
  host(name: string): FakeHost;
  notices(): readonly string[];
}

/** A session with fake hosts, for what works on backups alone. @param answering names of the hosts that are connected */
export async function openBackupSession(
  answering: readonly string[] = ['cp-1', 'cp-2', 'cp-3'],
  unreachable: readonly KclusterError[] = [],
  inventory = 'three-control-planes.yaml',
): Promise<BackupSession> {
  const directory = await mkdtemp(path.join(tmpdir(), 'kcluster-backup-session-'));
  const cluster = await readInventory(inventory);
  const state = await openStateDirectory(path.join(directory, 'inventory.yaml'), cluster.name);
  const hosts = new Map(answering.map((name) => [name, new FakeHost(name)]));
  const events: RunEvent[] = [];
  const session = {
    cluster,
    state,
    hosts,
    unreachable,
    connectTo: async () => Promise.reject(new UnreachableError('nobody there')),
    runId: 'run-1',
    emit: (event: RunEvent) => events.push(event),
    elapsedMs: () => 0,
    signal: new AbortController().signal,
  } as unknown as Session;
  const host = (name: string): FakeHost => {
    const found = hosts.get(name);
    if (found === undefined) throw new RangeError(name);
    return found;
  };
  return {
    session,
    hosts,
    events,
    directory,
    host,
    notices: () => events.flatMap((event) => (event.type === 'notice' ? [event.text] : [])),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
