import { selectVersions } from '../artifacts/select-versions.ts';
import { type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import { chooseBump, type RestoreAim, readRestored, restoredRecordPath, restoreMarkPath } from '../cluster/restore.ts';
import type { RestoreDifference } from '../cluster/restore-difference.ts';
import { formatVersion } from '../cluster/version.ts';
import { etcdDataDirectory, etcdNodes, etcdPeerURL } from '../components/etcd.ts';
import { collectFailures } from '../engine/failures.ts';
import type { Probe } from '../engine/probe.ts';
import { ConfigurationError, RefusedError, UnreachableError } from '../errors.ts';
import { restoreStageOf, snapshotPath } from '../phases/restore-phases.ts';
import { preflight, preflightProbes } from '../preflight/preflight.ts';
import { initWorkflow } from '../workflows/init.ts';
import { restoreWorkflow } from '../workflows/restore.ts';
import { type Shelf, stockShelf } from './artifact-shelf.ts';
import { compareWithLive } from './compare-backup.ts';
import { type BackupSeen, judgeRestore, secretsOfBackup } from './judge-restore.ts';
import { type Look, lookAtHosts } from './look.ts';
import { createPlanFor, makeRunPlan } from './make-run-plan.ts';
import { restoreUnderWay } from './restore-mark.ts';
import { type Planned, type RunChoices, type RunResult, runPlanned, runWorkflow } from './run-workflow.ts';
import type { Session } from './session.ts';
import { apiServerStart, warnOfApiAway } from './warn-of-api-away.ts';

/** A backup that was checked, with its snapshot as a file of this machine. */
export interface RestoreSource extends BackupSeen {
  readonly takenAt: Date;
  readonly snapshot: RestoreAim['snapshot'];
  readonly file: string;
}

export interface RestoreChoices extends Pick<RunChoices, 'dryRun' | 'ignorePreflight' | 'confirm'> {
  /** Absent: a restore that is under way is gone on with, from what the hosts hold. */
  readonly source?: RestoreSource;
  /** Hosts that hold no cluster become the one of the backup. */
  readonly adopt: boolean;
  /** Told what the restore would change, before it is asked whether that is wanted; absent: nobody wants to know. undefined: that is not known. */
  readonly onCompared?: (differences: readonly RestoreDifference[] | undefined) => void;
}

/** What is wrong with the etcd that is replaced is no reason to keep it, and an endpoint answers once there is something behind it. */
const beside = ['EtcdAlarm', 'EndpointAnswers'];
const oneAtATime = '1';

/** Workers may be away; whoever serves or stores must be stopped for sure. @throws KclusterError listing those that cannot be reached */
function refuseAway({ cluster, unreachable }: Session): void {
  const needed = new Set([...nodesWithRole(cluster, 'control-plane'), ...nodesWithRole(cluster, 'etcd')].map(({ name }) => name));
  const missing = unreachable.filter(({ details }) => details.node === undefined || needed.has(details.node));
  if (missing.length === 0) return;
  const names = missing.map(({ details }) => details.node).join(', ');
  throw new UnreachableError(`${names} cannot be reached: API servers and members of etcd there might go on with the old data`, {
    failures: missing,
    remedy: 'bring the host back; or, when it is off for good, write state: down beside it in the inventory',
  });
}

function probesFor(source: RestoreSource | undefined): readonly Probe[] {
  const sent: readonly Probe[] = source === undefined ? [] : [{ kind: 'binary', path: snapshotPath(source) }];
  return [
    { kind: 'file', path: restoreMarkPath },
    { kind: 'file', path: restoredRecordPath },
    { kind: 'content', path: restoredRecordPath },
    { kind: 'entries', path: etcdDataDirectory },
    apiServerStart,
    ...sent,
  ];
}

function newAim({ runId, cluster }: Session, { observations }: Look, source: RestoreSource): RestoreAim {
  const seen = [...observations.values()].flatMap(({ etcd, contents }) => [
    ...[...(etcd?.statuses.values() ?? [])].map(({ revision }) => revision),
    readRestored(contents.get(restoredRecordPath)) ?? 0,
  ]);
  const members = etcdNodes(cluster).filter(({ state }) => state === 'present');
  const { name: backup, snapshot, takenAt } = source;
  return {
    id: runId,
    backup,
    snapshot,
    bumpRevision: chooseBump({ revision: snapshot.revision, ageMs: Date.now() - takenAt.getTime() }, seen),
    members: Object.fromEntries(members.map((node) => [node.name, etcdPeerURL(node)])),
  };
}

/** The restore that is under way wins: another one would be neither of the two. */
function chooseAim(session: Session, look: Look, source: RestoreSource | undefined): RestoreAim {
  const underWay = restoreUnderWay(look.observations);
  if (underWay === undefined) {
    if (source !== undefined) return newAim(session, look, source);
    throw new ConfigurationError('no restore is under way', { remedy: 'name the backup: kcluster etcd snapshot restore FILE' });
  }
  if (source !== undefined && source.snapshot.sha256 !== underWay.snapshot.sha256) {
    throw new RefusedError(`a restore of ${underWay.backup} is under way, and ${source.name} is another backup`, {
      remedy: 'finish that one first: kcluster etcd snapshot restore --resume; then restore the other',
    });
  }
  return underWay;
}

async function refuseOrAdopt(session: Session, source: RestoreSource, adopt: boolean): Promise<void> {
  const { cluster, secrets } = session;
  const objections = judgeRestore({
    cluster,
    versions: { etcd: selectVersions(cluster).etcd, kubernetes: formatVersion(cluster.kubernetesVersion) },
    backup: source,
    secrets: secrets.digests(),
    encryption: secrets.get('encryption-config.yaml'),
    adopt,
  });
  const failures = objections.map(({ message, remedy }) => new RefusedError(message, { remedy }));
  if (failures.length > 0) throw collectFailures(failures, 'nothing was changed: the restore is refused');
  if (secrets.get('ca.crt') === undefined) await secrets.adopt(secretsOfBackup(source));
}

/** Where data must still be made from the snapshot, the snapshot must be at hand. */
function refuseMissing(aim: RestoreAim, look: Look, source: RestoreSource | undefined): void {
  const unstaged = Object.keys(aim.members).filter((name) => {
    const seen = look.observations.get(name);
    return seen === undefined || restoreStageOf(aim, seen) === 'nothing';
  });
  if (source !== undefined || unstaged.length === 0) return;
  throw new RefusedError(`${unstaged.join(', ')} held nothing of the restore of ${aim.backup} yet`, {
    remedy: `name the backup: kcluster etcd snapshot restore ${aim.backup}`,
  });
}

function withSnapshot(shelf: Shelf, source: RestoreSource | undefined): Shelf {
  return { ...shelf, fileOf: (sha256) => (sha256 === source?.snapshot.sha256 ? source.file : shelf.fileOf(sha256)) };
}

async function makePlan(session: Session, { source, adopt, ignorePreflight, onCompared }: RestoreChoices): Promise<Planned> {
  const { cluster, secrets } = session;
  // What is looked at does not depend on what the restore is about.
  const anyAim: RestoreAim = {
    id: 'none',
    backup: '',
    snapshot: { sha256: '', sizeBytes: 0, hash: 0, revision: 0, keys: 0 },
    bumpRevision: 0,
    members: {},
  };
  const wide = restoreWorkflow(anyAim, new Set());
  // What runs on a host beside the control plane is looked at too: else it would seem to be somebody else's.
  const look = await lookAtHosts(session, { ...wide, phases: [...wide.phases, ...initWorkflow.phases] }, (node) => [
    ...probesFor(source),
    ...preflightProbes(cluster, node, secrets.authorities().get('cluster')),
  ]);
  const aim = chooseAim(session, look, source);
  if (source !== undefined) await refuseOrAdopt(session, source, adopt);
  refuseMissing(aim, look, source);
  const switched = new Set([...look.observations].filter(([, seen]) => restoreStageOf(aim, seen) === 'switched').map(([name]) => name));
  const workflow = restoreWorkflow(aim, switched);
  const shelf = withSnapshot(await stockShelf(session, look.observations), source);
  const steps = createPlanFor(session, workflow, shelf, oneAtATime)(look.desired, look.observations);
  const waived = new Set([...cluster.ignorePreflight, ...ignorePreflight, ...beside]);
  const findings = [...warnOfApiAway(aim, steps, look.observations), ...preflight(look.desired, look.observations, waived)];
  if (source !== undefined && switched.size === 0) onCompared?.(await compareWithLive(session, look, source));
  return { plan: makeRunPlan(session, workflow, { steps, findings, maxUnavailable: oneAtATime }), shelf };
}

/** Nodes whose hosts answer: nobody waits for others. */
const reachable = (session: Session): ReadonlySet<NodeName> => new Set(session.hosts.keys());

/**
 * Makes etcd anew from a backup on all its hosts, and then brings the rest of the cluster to the inventory, as `init` does: what the
 * snapshot knows otherwise is only seen once it serves.
 */
export async function runRestore(session: Session, choices: RestoreChoices): Promise<RunResult> {
  refuseAway(session);
  const result = await runPlanned(session, choices, () => makePlan(session, choices));
  if (!result.applied) return result;
  await runWorkflow(session, initWorkflow, {
    dryRun: false,
    ignorePreflight: [...choices.ignorePreflight, ...beside],
    maxUnavailable: '10%',
    makeSteps: ({ desired, observations }, planFor) => {
      const focus = reachable(session);
      return { steps: planFor({ ...desired, focus }, observations), focus };
    },
    confirm: async () => undefined,
  });
  return result;
}
