import type { Cluster, Node, NodeName } from '../cluster/cluster.ts';
import type { Action } from '../engine/action.ts';
import type { Manifest, OwnedThing } from '../engine/kinds/ownership.ts';
import type { Dependency, Phase, PhaseId } from '../engine/phase.ts';
import { everyNode, sameNode } from './component-phases.ts';

/** What a reset is about: the hosts, what is known to be ours on them, and what is to be kept. */
export interface ResetScope {
  /** Manifests of the hosts to be reset; a host that only holds records of kcluster has none. */
  readonly manifests: ReadonlyMap<NodeName, Manifest | undefined>;
  /** Added to the name under which etcd's data is kept; absent: it goes. */
  readonly keepEtcdAs?: string;
}

const etcdDirectory = '/var/lib/etcd';
const etcdUnit = 'etcd.service';
/** The kubelet would start again what is stopped, and without the runtime nothing of it can be stopped in order. */
const podUnits = ['kubelet.service', 'containerd.service'];
/** Those that others need stop after them; units that are not named here stop before. */
const stopLast = ['kube-scheduler.service', 'kube-controller-manager.service', 'kube-apiserver.service'];

const namesOf = (manifest: Manifest | undefined, kind: OwnedThing['kind']): readonly string[] =>
  (manifest?.things ?? []).filter((thing) => thing.kind === kind).map(({ name }) => name);

const endUnit = (unit: string): Action => ({ kind: 'unit-end', unit });

function endPods(manifest: Manifest | undefined): readonly Action[] {
  const units = namesOf(manifest, 'unit');
  if (!podUnits.some((unit) => units.includes(unit))) return [];
  const [kubelet = '', containerd = ''] = podUnits;
  return [endUnit(kubelet), { kind: 'pods-end' }, endUnit(containerd), { kind: 'containers-end' }];
}

function endUnits(manifest: Manifest | undefined): readonly Action[] {
  const rank = (unit: string): number => stopLast.indexOf(unit);
  const units = namesOf(manifest, 'unit').filter((unit) => unit !== etcdUnit && !podUnits.includes(unit));
  return units.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).map(endUnit);
}

function endEtcd(manifest: Manifest | undefined, keepAs: string | undefined): readonly Action[] {
  if (!namesOf(manifest, 'unit').includes(etcdUnit)) return [];
  if (keepAs === undefined) return [endUnit(etcdUnit)];
  const to = `${etcdDirectory}.kept-${keepAs}`;
  return [endUnit(etcdUnit), { kind: 'set-aside', path: etcdDirectory, to, within: `${etcdDirectory}/kcluster-kept-${keepAs}` }];
}

const endNetwork = (manifest: Manifest | undefined): readonly Action[] =>
  podUnits.some((unit) => namesOf(manifest, 'unit').includes(unit)) ? [{ kind: 'network-end' }] : [];

function takeDirectory({ name: path, was, data }: OwnedThing): Action {
  if (data !== true) return { kind: 'take-away', of: 'directory', path };
  return { kind: 'take-away', of: 'data', path, ...(was === undefined ? {} : { was }) };
}

/** Links before what they point to, what lies in directories before these, and the deepest directories first. */
function takeFiles(manifest: Manifest | undefined): readonly Action[] {
  const files = (['link', 'file', 'binary'] as const).flatMap((of) =>
    namesOf(manifest, of).map((path): Action => ({ kind: 'take-away', of, path })),
  );
  const directories = (manifest?.things ?? []).filter(({ kind }) => kind === 'directory').toSorted((a, b) => (a.name < b.name ? 1 : -1));
  const actions = [...files, ...directories.map(takeDirectory)];
  return actions.length === 0 ? [] : [...actions, { kind: 'daemon-reload' }];
}

/** What has no former value was set by a program before its module was loaded: nobody knows another. */
function restoreSettings(manifest: Manifest | undefined): readonly Action[] {
  const settings = (manifest?.things ?? []).filter(({ kind, was }) => kind === 'sysctl' && was !== undefined && was !== '');
  return [
    ...settings.map(({ name, was = '' }): Action => ({ kind: 'sysctl-back', key: name, value: was })),
    ...namesOf(manifest, 'user').map((name): Action => ({ kind: 'user-end', name })),
  ];
}

const isControlPlane = (node: Node): boolean => node.roles.includes('control-plane');

/** From a host of a cluster to the host that it was before; control-plane hosts hold the lock, so their records go last. */
export function resetPhases({ manifests, keepEtcdAs }: ResetScope): readonly Phase[] {
  const mine = (cluster: Cluster): readonly Node[] => cluster.nodes.filter((node) => manifests.has(node.name));
  const phase = (
    id: PhaseId,
    title: string,
    after: readonly Dependency[],
    what: (manifest: Manifest | undefined) => readonly Action[],
  ): Phase => ({
    id,
    title,
    after,
    rollout: 'parallel',
    targets: mine,
    resources: () => [],
    actions: (_, node) => what(manifests.get(node.name)),
  });
  const forget = (): readonly Action[] => [{ kind: 'host-end' }];
  const gone = [everyNode('reset/etcd'), everyNode('reset/accounts')];
  return [
    phase('reset/pods', 'Stop pods', [], endPods),
    phase('reset/units', 'Stop programs', [sameNode('reset/pods')], endUnits),
    phase('reset/etcd', 'Stop etcd', [everyNode('reset/units')], (manifest) => endEtcd(manifest, keepEtcdAs)),
    phase('reset/network', 'Remove pod network', [sameNode('reset/units')], endNetwork),
    phase('reset/files', 'Remove files', [sameNode('reset/etcd'), sameNode('reset/network')], takeFiles),
    phase('reset/accounts', 'Restore settings, remove accounts', [sameNode('reset/files')], restoreSettings),
    { ...phase('reset/state', 'Forget host', gone, forget), targets: (cluster) => mine(cluster).filter((node) => !isControlPlane(node)) },
    {
      ...phase('reset/last', 'Forget control-plane host', [...gone, everyNode('reset/state')], forget),
      targets: (cluster) => mine(cluster).filter(isControlPlane),
    },
  ];
}
