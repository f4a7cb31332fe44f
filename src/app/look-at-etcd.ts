import { type Cluster, type Node, nodesWithRole } from '../cluster/cluster.ts';
import { type EtcdReport, reportEtcd } from '../cluster/etcd-report.ts';
import { type LiveMembers, liveMembers } from '../engine/live-members.ts';
import type { Observations } from '../engine/observation.ts';
import { observeAll } from '../engine/observe.ts';
import type { Probe } from '../engine/probe.ts';
import type { KclusterError } from '../errors.ts';
import type { Session } from './session.ts';

export interface EtcdLook {
  readonly observations: ReadonlyMap<string, Observations>;
  /** undefined while no member answers. */
  readonly live: LiveMembers | undefined;
  readonly report: EtcdReport;
  readonly failures: readonly KclusterError[];
}

/** Members tell it; of an etcd that others run, the hosts that talk to it. */
function witnesses({ etcd, ...cluster }: Cluster): ReadonlyMap<string, readonly Probe[]> {
  const { given } = etcd;
  const probes: readonly Probe[] =
    given === undefined ? [{ kind: 'etcd' }, { kind: 'etcd-fsync' }] : [{ kind: 'etcd-through', endpoints: given.endpoints }];
  const nodes: readonly Node[] = nodesWithRole({ ...cluster, etcd }, given === undefined ? 'etcd' : 'control-plane');
  return new Map(nodes.map(({ name }) => [name, probes]));
}

/** One look at every host that can tell of etcd; hosts that do not answer are in the result, not an error. @throws RefusedError when the hosts are of different etcd clusters */
export async function lookAtEtcd({ cluster, hosts, emit, elapsedMs, signal }: Session): Promise<EtcdLook> {
  const probes = witnesses(cluster);
  const asked = new Map([...hosts].filter(([name]) => probes.has(name)));
  const onObserved = (node: string, count: number): void => emit({ type: 'observed', node, probes: count, atMs: elapsedMs() });
  const { observations, failures } = await observeAll(asked, (name) => probes.get(name) ?? [], onObserved, { signal });
  const live = liveMembers([...observations.values()].flatMap(({ etcd }) => (etcd === undefined ? [] : [etcd])));
  const fsyncs = new Map([...observations].flatMap(([name, { etcdFsync }]) => (etcdFsync === undefined ? [] : [[name, etcdFsync.p99Ms]])));
  return { observations, live, report: reportEtcd(cluster, live, fsyncs), failures };
}
