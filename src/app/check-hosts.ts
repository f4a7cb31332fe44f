import type { Finding } from '../engine/plan.ts';
import { preflight, preflightProbes } from '../preflight/preflight.ts';
import { initWorkflow } from '../workflows/init.ts';
import { warnOfAbsent } from '../workflows/warn-of-absent.ts';
import { warnOfGivenEtcd } from './given-etcd.ts';
import { type Look, lookAtHosts } from './look.ts';
import type { Session } from './session.ts';

export interface HostFindings {
  readonly look: Look;
  readonly findings: readonly Finding[];
}

/** What the checks of single hosts find in one look at all hosts; nothing is changed. @param waived names whose errors are shown as warnings */
export async function checkHosts(session: Session, waived: readonly string[]): Promise<HostFindings> {
  const look = await lookAtHosts(session, initWorkflow, (node) =>
    preflightProbes(session.cluster, node, session.secrets.authorities().get('cluster')),
  );
  const findings = preflight(look.desired, look.observations, new Set([...session.cluster.ignorePreflight, ...waived]));
  return { look, findings: [...findings, ...warnOfAbsent(look.desired), ...warnOfGivenEtcd(session.cluster, session.secrets, new Date())] };
}
