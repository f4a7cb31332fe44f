import type { Finding } from '../engine/plan.ts';
import { preflight, preflightProbes } from '../preflight/preflight.ts';
import { initWorkflow } from '../workflows/init.ts';
import { warnOfGivenEtcd } from './given-etcd.ts';
import { lookAtHosts } from './look.ts';
import type { Session } from './session.ts';

/** What all checks find on all hosts; nothing is changed. @param waived names whose errors are shown as warnings */
export async function checkHosts(session: Session, waived: readonly string[]): Promise<readonly Finding[]> {
  const { desired, observations } = await lookAtHosts(session, initWorkflow, (node) => preflightProbes(session.cluster, node));
  const findings = preflight(desired, observations, new Set([...session.cluster.ignorePreflight, ...waived]));
  return [...findings, ...warnOfGivenEtcd(session.cluster, session.secrets, new Date())];
}
