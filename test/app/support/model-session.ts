import { createIssuer } from '../../../src/app/issue-material.ts';
import { openSecretStore } from '../../../src/app/secret-store.ts';
import type { Session } from '../../../src/app/session.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import type { BackupSecretName, GivenSecretName } from '../../../src/engine/secret-name.ts';
import { UnreachableError } from '../../../src/errors.ts';
import { givenEtcdSecrets } from './given-etcd.ts';
import { memoryState } from './memory-state.ts';
import type { ModelCluster } from './model-cluster.ts';

export interface ModelSession extends Session {
  readonly events: RunEvent[];
  /** Values that were given to the redactor. */
  readonly hidden: string[];
}

export interface ModelSessionOptions extends Partial<Session> {
  readonly onEvent?: (event: RunEvent) => void;
  /** The operator's files, where the inventory names an etcd that others run. */
  readonly given?: ReadonlyMap<GivenSecretName, string>;
}

/** What the operator's files for backups are in a model. */
function backupSecrets({ etcd: { snapshots } }: Cluster): readonly (readonly [BackupSecretName, string])[] {
  if (snapshots.schedule === undefined) return [];
  const targets = snapshots.copyTo.map(({ kind }, index) => [`backup-target-${index}`, `${kind} secret ${index}`] as const);
  return [['backup-inventory', 'inventory'], ...targets];
}

/** A session over the machines of a model; each run opens one of its own. */
export async function openModelSession(
  model: ModelCluster,
  { state = memoryState(), given = givenEtcdSecrets, ...more }: ModelSessionOptions = {},
): Promise<ModelSession> {
  const cluster = more.cluster ?? model.desired.cluster;
  const events: RunEvent[] = [];
  const hidden: string[] = [];
  const onSecret = (value: string): void => void hidden.push(value);
  const brought = new Map([...(cluster.etcd.given === undefined ? [] : given), ...backupSecrets(cluster)]);
  const secrets = await openSecretStore(cluster, state, onSecret, brought);
  return {
    cluster,
    inventorySha256: 'f'.repeat(64),
    state,
    secrets,
    issuer: createIssuer(cluster, secrets, onSecret),
    hosts: model.hosts,
    connectTo: async ({ name }) => Promise.reject(new UnreachableError(`${name}: nobody is there`)),
    unreachable: [],
    runId: '20260101T000000-abcdef',
    verb: 'init',
    emit: (event) => {
      events.push(event);
      if (event.type === 'planned') model.plan = event.plan;
      more.onEvent?.(event);
    },
    elapsedMs: () => 0,
    signal: new AbortController().signal,
    logFile: '/dev/null',
    close: async () => undefined,
    ...more,
    events,
    hidden,
  };
}
