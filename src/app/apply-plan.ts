import { hostname, userInfo } from 'node:os';
import { nodesWithRole } from '../cluster/cluster.ts';
import { executeSteps } from '../engine/execute.ts';
import { collectFailures } from '../engine/failures.ts';
import type { Plan, Step } from '../engine/plan.ts';
import { lockHosts } from '../engine/run-lock.ts';
import { runStep, type StepTools } from '../engine/run-step.ts';
import { InternalError, type KclusterError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Shelf } from './artifact-shelf.ts';
import { refuseLostQuorum } from './guard-membership.ts';
import { issueMaterial, usesSecrets } from './issue-material.ts';
import type { Session } from './session.ts';
import type { Around } from './watch-turns.ts';

export function controlPlaneHosts(session: Session): ReadonlyMap<string, Host> {
  const names = new Set(nodesWithRole(session.cluster, 'control-plane').map((node) => node.name));
  return new Map([...session.hosts].filter(([name]) => names.has(name)));
}

function hostOf(session: Session, node: string): Host {
  const host = session.hosts.get(node);
  if (host === undefined) throw new InternalError('the plan names a host that is not connected', { node });
  return host;
}

export interface Applied {
  /** Actions of the steps that came to their end. */
  readonly changed: number;
  /** Why it stopped: the failure, or one error that lists every failed host. */
  readonly failure?: KclusterError;
}

/** What the steps of a plan need beyond the hosts. */
export interface Supplies extends Pick<StepTools, 'artifacts' | 'prepare'> {
  /** Called once the lock is held. */
  begin(): Promise<void>;
  readonly around?: Around;
}

/** Carries a plan out under the run lock, with artifacts, secrets and certificates. @throws LockedError before anything was done */
export function applyPlan(session: Session, plan: Plan, shelf: Shelf, around?: Around): Promise<Applied> {
  const { cluster, secrets, issuer } = session;
  return carryOut(session, plan, controlPlaneHosts(session), {
    artifacts: shelf,
    // What only sends files makes no authorities.
    begin: async () => (plan.steps.some(usesSecrets) ? secrets.complete() : undefined),
    prepare: (step) => issueMaterial(step, cluster, secrets, issuer),
    ...(around === undefined ? {} : { around }),
  });
}

/** Carries a plan out while the lock of these control-plane hosts is held. @throws LockedError before anything was done */
export async function carryOut(
  session: Session,
  plan: Plan,
  controlPlane: ReadonlyMap<string, Host>,
  { artifacts, begin, prepare, around = (step, perform) => perform(step) }: Supplies,
): Promise<Applied> {
  const { runId, emit, elapsedMs, signal } = session;
  const lost = new AbortController();
  const lock = await lockHosts(
    controlPlane,
    `${userInfo().username}@${hostname()} pid ${process.pid}, kcluster ${session.verb}, run ${runId}`,
    (error) => lost.abort(error),
  );
  const stop = AbortSignal.any([signal, lost.signal]);
  try {
    await begin();
    const perform = async (step: Step): Promise<void> => {
      const host = hostOf(session, step.node);
      await refuseLostQuorum(session, step, stop);
      return runStep(step, {
        host,
        controlPlaneHosts: [
          ...(controlPlane.has(step.node) ? [host] : []),
          ...[...controlPlane.values()].filter((other) => other !== host),
        ],
        artifacts,
        prepare,
        runId,
        emit,
        elapsedMs,
        signal: stop,
      });
    };
    const { done, failures } = await executeSteps(plan.steps, { emit, elapsedMs, signal: stop, perform: (step) => around(step, perform) });
    const ended = new Set(done);
    const changed = plan.steps.filter(({ id }) => ended.has(id)).reduce((sum, { actions }) => sum + actions.length, 0);
    if (lost.signal.aborted) return { changed, failure: lost.signal.reason };
    return failures.length === 0 ? { changed } : { changed, failure: collectFailures(failures, 'stopped') };
  } finally {
    await lock.release();
  }
}

/** Remote commands so far, by node. */
export function roundTripsOf(session: Session): Readonly<Record<string, number>> {
  return Object.fromEntries([...session.hosts].map(([name, host]) => [name, host.roundTrips]));
}
