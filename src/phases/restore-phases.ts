import { type Cluster, kubeletNodes, type Node, type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import {
  firstRevision,
  formatRestored,
  formatRestoreMark,
  type RestoreAim,
  restoredRecordPath,
  restoreMarkPath,
} from '../cluster/restore.ts';
import { etcdDataDirectory, etcdNodes } from '../components/etcd.ts';
import { urlOf } from '../components/url.ts';
import type { Action, Expected } from '../engine/action.ts';
import type { Observations } from '../engine/observation.ts';
import type { Dependency, Desired, Phase, PhaseId } from '../engine/phase.ts';
import { everyNode } from './component-phases.ts';

const serving = ['kube-apiserver.service', 'kube-controller-manager.service', 'kube-scheduler.service'];
const etcdUnit = 'etcd.service';
const kubeletUnit = 'kubelet.service';

/** Where the snapshot lies on a host of etcd until the restore is over. */
export const snapshotPath = ({ snapshot }: Pick<RestoreAim, 'snapshot'>): string =>
  `/var/lib/kcluster/restore/${snapshot.sha256.slice(0, 16)}.db`;

/** How far a restore has come on a host of etcd. */
export type RestoreStage = 'nothing' | 'staged' | 'switched';

export function restoreStageOf({ id }: Pick<RestoreAim, 'id'>, seen: Observations): RestoreStage {
  const entries = seen.entries.get(etcdDataDirectory) ?? [];
  if (entries.includes(`restored-${id}`)) return 'staged';
  return entries.includes(`replaced-${id}`) ? 'switched' : 'nothing';
}

/** Directories that restores put aside, oldest first. */
export function replacedDataOf(seen: Observations): readonly string[] {
  const names = (seen.entries.get(etcdDataDirectory) ?? []).filter((name) => name.startsWith('replaced-'));
  return names.toSorted().map((name) => `${etcdDataDirectory}/${name}`);
}

const runs = (seen: Observations, unit: string): boolean => {
  const active = seen.units.get(unit)?.active ?? 'inactive';
  return active !== 'inactive' && active !== 'failed';
};

const running = (seen: Observations, units: readonly string[]): readonly string[] => units.filter((unit) => runs(seen, unit));

/**
 * One after the other, each once the one before speaks to its peers: at its start a member compares its data with theirs, and waits seven
 * seconds for each that listens and does not answer yet. Whether they are a quorum is asked when all of them run.
 */
export function startInTurn(etcdRun: Phase): Phase {
  return {
    ...etcdRun,
    rollout: 'serial',
    gate: () => [
      { title: 'etcd speaks', deadlineMs: 120_000, test: { kind: 'http-speaks', url: 'http://127.0.0.1:2381/livez', unit: etcdUnit } },
    ],
  };
}

/** Control planes and hosts of etcd: whoever looks at one of them sees that a restore is under way. */
const marked = (cluster: Cluster): readonly Node[] =>
  cluster.nodes.filter(({ roles, state }) => state === 'present' && (roles.includes('control-plane') || roles.includes('etcd')));

const present = (nodes: readonly Node[]): readonly Node[] => nodes.filter(({ state }) => state === 'present');

function replacing(seen: Observations, path: string): Expected {
  const sha256 = seen.files.get(path)?.sha256;
  return sha256 === undefined ? 'absent' : { sha256 };
}

function writeText(seen: Observations, path: string, text: string, why: string): readonly Action[] {
  if (seen.contents.get(path) === text) return [];
  return [{ kind: 'file', path, content: { text }, mode: 0o600, owner: 'root', group: 'root', expected: replacing(seen, path), why }];
}

/** etcdutl by the path of its release. */
function etcdutlOf(desired: Desired, node: Node): string {
  const resources = desired.describe(node).flatMap(({ install }) => install);
  const program = resources.find((resource) => resource.kind === 'binary' && resource.name === 'etcdutl');
  if (program?.kind !== 'binary') throw new RangeError(`${node.name} gets no etcdutl`);
  return program.path;
}

function stage(aim: RestoreAim, desired: Desired, node: Node, seen: Observations): readonly Action[] {
  if (restoreStageOf(aim, seen) !== 'nothing') return [];
  const { sha256, sizeBytes } = aim.snapshot;
  const path = snapshotPath(aim);
  const send: readonly Action[] = seen.binaries.get(path)?.verifiedSha256 === sha256 ? [] : [{ kind: 'snapshot', path, sha256, sizeBytes }];
  return [...send, { kind: 'restore-stage', aim, name: node.name, path, program: etcdutlOf(desired, node) }];
}

/** Processes that watched the old etcd ask anew for everything. */
function restartKubelet(desired: Desired, node: Node, seen: Observations): readonly Action[] {
  if (!runs(seen, kubeletUnit)) return [];
  const resources = desired.describe(node).flatMap(({ run }) => run);
  const unit = resources.find((resource) => resource.kind === 'unit' && resource.unit === kubeletUnit);
  const inputs = unit?.kind === 'unit' ? unit.inputs : [];
  return [{ kind: 'unit', unit: kubeletUnit, op: 'restart', inputs, why: 'it watched the data that is gone' }];
}

function endMark(aim: RestoreAim, node: Node, seen: Observations): readonly Action[] {
  const record = writeText(seen, restoredRecordPath, formatRestored(aim), 'what the last restore brought');
  const copy: readonly Action[] = node.roles.includes('etcd') ? [{ kind: 'take-away', of: 'binary', path: snapshotPath(aim) }] : [];
  const marked = replacing(seen, restoreMarkPath);
  const unmark: readonly Action[] =
    marked === 'absent' ? [] : [{ kind: 'remove', path: restoreMarkPath, expected: marked, why: 'the restore is over' }];
  return [...record, ...copy, ...unmark];
}

interface RestoreScope {
  readonly aim: RestoreAim;
  /** Hosts of etcd on which the restored data is in use already. */
  readonly switched: ReadonlySet<NodeName>;
  /** What must be there on every host before anything is stopped. */
  readonly ready: readonly Dependency[];
}

/** What stands around the start of the restored etcd; `begin` before it, `end` after the control plane serves. */
export function restorePhases({ aim, switched, ready }: RestoreScope): {
  readonly begin: readonly Phase[];
  readonly check: Phase;
  readonly end: readonly Phase[];
} {
  const members = Object.keys(aim.members);
  const isSwitched = members.every((name) => switched.has(name));
  const phase = (
    id: PhaseId,
    title: string,
    targets: (cluster: Cluster) => readonly Node[],
    after: readonly Dependency[],
    actions: NonNullable<Phase['actions']>,
  ): Phase => ({ id, title, after, rollout: 'parallel', targets, resources: () => [], actions });
  const etcdHosts = (cluster: Cluster): readonly Node[] => etcdNodes(cluster).filter(({ name }) => members.includes(name));
  const controlPlanes = (cluster: Cluster): readonly Node[] => present(nodesWithRole(cluster, 'control-plane'));
  const halt =
    (units: readonly string[], why: string) =>
    (_: Desired, __: Node, seen: Observations): readonly Action[] => {
      const living = isSwitched ? [] : running(seen, units);
      return living.length === 0 ? [] : [{ kind: 'halt', units: living, why }];
    };
  return {
    begin: [
      phase('restore/stage', 'Make restored data beside the data in use', etcdHosts, ready, (desired, node, seen) =>
        stage(aim, desired, node, seen),
      ),
      phase('restore/mark', 'Mark the restore', marked, [...ready, everyNode('restore/stage')], (_, __, seen) =>
        writeText(seen, restoreMarkPath, formatRestoreMark(aim), 'from here on the restore is finished before anything else'),
      ),
      phase(
        'restore/fence',
        'Stop API servers and controllers',
        controlPlanes,
        [everyNode('restore/mark')],
        halt(serving, 'nobody may write'),
      ),
      phase('restore/halt', 'Stop etcd', etcdHosts, [everyNode('restore/fence')], halt([etcdUnit], 'its data is replaced')),
      phase('restore/switch', 'Use the restored data', etcdHosts, [everyNode('restore/halt')], (_, node) =>
        switched.has(node.name) ? [] : [{ kind: 'restore-switch', id: aim.id }],
      ),
    ],
    check: {
      id: 'restore/check',
      title: 'Compare the members',
      after: [everyNode('etcd/run')],
      rollout: 'one',
      always: true,
      targets: etcdHosts,
      resources: () => [],
      gate: ({ cluster }) => [
        {
          title: 'all members hold the same keys',
          deadlineMs: 120_000,
          test: {
            kind: 'etcd-restored',
            endpoints: etcdHosts(cluster).map(({ internalAddress }) => urlOf('https', internalAddress, 2379)),
            members,
            revision: firstRevision(aim),
          },
        },
      ],
    },
    end: [
      phase('restore/refresh', 'Restart kubelets', (cluster) => present(kubeletNodes(cluster)), [everyNode('kubectl/run')], restartKubelet),
      phase(
        'restore/finish',
        'End the restore',
        marked,
        [everyNode('restore/refresh'), everyNode('kube-controller-manager/run'), everyNode('kube-scheduler/run')],
        (_, node, seen) => endMark(aim, node, seen),
      ),
    ],
  };
}
