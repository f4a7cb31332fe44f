import { setTimeout as delay } from 'node:timers/promises';
import { type BenchContext, type FreshLab, runOnHost } from './lab-host.ts';

const patienceMs = 60_000;
const template =
  '{range .items[*]}{.metadata.name} {.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
/** Either tool has its kubectl somewhere else. */
const script = `PATH=$PATH:/opt/kcluster/bin; kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o 'jsonpath=${template}'`;

/** Whether every line of what is asked for here tells of a Ready node of this release. */
export function areAllReady(told: string, release: string, count: number): boolean {
  const nodes = told.trim().split('\n');
  return nodes.length === count && nodes.every((line) => line.endsWith(` v${release} True`));
}

/** What is measured ends where it should: all nodes are Ready and of a release. @throws Error when they are not after a minute */
export async function requireRelease(lab: FreshLab, release: string, signal: BenchContext['signal']): Promise<void> {
  const [first] = lab.machines;
  if (first === undefined) throw new RangeError(`lab ${lab.name} has no host`);
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    const told = await runOnHost(lab.name, first, script, signal).catch((error: Error) => error.message);
    if (areAllReady(told, release, lab.machines.length)) return;
    if (Date.now() > deadlineMs) throw new Error(`not every node is Ready and of ${release}:\n${told}`);
    await delay(500, undefined, { signal });
  }
}
