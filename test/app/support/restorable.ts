import type { RestoreSource } from '../../../src/app/run-restore.ts';
import { runRestore } from '../../../src/app/run-restore.ts';
import type { RunResult } from '../../../src/app/run-workflow.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { type MemoryState, memoryState } from './memory-state.ts';
import { ModelCluster } from './model-cluster.ts';
import { type ModelSession, type ModelSessionOptions, openModelSession } from './model-session.ts';
import { wanted } from './run-init.ts';
import { everybody, runInitAgain } from './sweep-verb.ts';

/** Made after the backup: there until the restore, gone after it. */
export const later = 'ConfigMap/default/later';

/** A cluster with a backup, and what happened since. */
export class Restorable {
  readonly cluster: Cluster;
  readonly origin: ModelCluster;
  readonly source: RestoreSource;
  private readonly made: ReadonlyMap<string, string>;
  private runs = 0;

  private constructor(cluster: Cluster, origin: ModelCluster, source: RestoreSource, made: ReadonlyMap<string, string>) {
    this.cluster = cluster;
    this.origin = origin;
    this.source = source;
    this.made = made;
  }

  /** Three control planes and a worker of the inventory. */
  static async make(whole: Cluster): Promise<Restorable> {
    const cluster = { ...whole, nodes: whole.nodes.filter(({ name }) => everybody.includes(name)) };
    const origin = new ModelCluster(cluster);
    const state = memoryState();
    const session = await openModelSession(origin, { state, cluster });
    await runInitAgain(session);
    origin.takeSnapshot();
    const texts = origin.hosts.get('cp-1')?.machine.texts ?? new Map<string, string>();
    const source: RestoreSource = {
      name: 'prod-20260101T000000Z-cp-1',
      cluster: cluster.name,
      clusterId: session.secrets.digests().get('ca.crt') ?? '',
      versions: { etcd: '3.6.0', kubernetes: '1.30.0' },
      files: new Map([...texts].map(([path, text]) => [`host${path}`, Buffer.from(text)])),
      takenAt: new Date(),
      snapshot: { sha256: 'ab'.repeat(32), sizeBytes: 4096, hash: 1, revision: 5, keys: 3 },
      file: '/nonexistent/snapshot.db',
    };
    origin.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'later' } });
    // A restore stops every member: that is what it is for.
    origin.etcd.mayEnd = true;
    return new Restorable(cluster, origin, source, state.files);
  }

  state(): MemoryState {
    return memoryState(Object.fromEntries(this.made));
  }

  session(model: ModelCluster, state: MemoryState, more: ModelSessionOptions = {}): Promise<ModelSession> {
    const runId = `20260101T00${1000 + this.runs++}-abcdef`;
    return openModelSession(model, { state, cluster: this.cluster, verb: 'etcd snapshot restore', runId, ...more });
  }

  /** @param source null: go on with what is under way */
  async restore(
    model: ModelCluster,
    state: MemoryState,
    source: RestoreSource | null = this.source,
    more: ModelSessionOptions & { readonly adopt?: boolean; readonly dryRun?: boolean } = {},
  ): Promise<RunResult> {
    const { adopt = false, dryRun = false, ...options } = more;
    return runRestore(await this.session(model, state, options), { ...wanted, dryRun, adopt, ...(source === null ? {} : { source }) });
  }
}
