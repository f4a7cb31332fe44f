import type { Finding } from '../engine/plan.ts';
import { preflight, preflightProbes } from '../preflight/preflight.ts';
import { initWorkflow } from '../workflows/init.ts';
import { lookAtHosts } from './look.ts';
import type { Session } from './session.ts';

/** What all checks find on all hosts; nothing is changed. @param waived names whose errors are shown as warnings */
export async function checkHosts(session: Session, waived: readonly string[]): Promise<readonly Finding[]> {
  const { desired, observations } = await lookAtHosts(session, initWorkflow, (node) => preflightProbes(session.cluster, node));
  return preflight(desired, observations, new Set([...session.cluster.ignorePreflight, ...waived]));
}
