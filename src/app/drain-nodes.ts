import type { NodeName } from '../cluster/cluster.ts';
import { StoppedError } from '../errors.ts';
import { drainFindings } from '../phases/drain-findings.ts';
import type { DrainOptions } from '../phases/node-drain.ts';
import { drainWorkflow } from '../workflows/nodes.ts';
import { runOnNodes } from './run-on-nodes.ts';
import type { RunChoices, RunResult } from './run-workflow.ts';
import type { Session } from './session.ts';

/** Cordons the nodes and evicts their pods, one node after the other; what that means for the pods is in the plan. */
export function drainNodes(
  session: Session,
  names: readonly NodeName[],
  options: DrainOptions,
  choices: Pick<RunChoices, 'dryRun' | 'confirm'>,
): Promise<RunResult> {
  const nodes = [...new Set(names)];
  return runOnNodes(
    session,
    {
      workflow: drainWorkflow(nodes, options),
      nodes,
      probes: nodes.map((node) => ({ kind: 'kube-pods', node })),
      judge: ({ kubePods }) => {
        const unasked = nodes.find((node) => kubePods?.pods.has(node) !== true);
        if (kubePods === undefined || unasked !== undefined) {
          throw new StoppedError(`the API does not say which pods run on ${unasked}`, {
            remedy: 'run again; kcluster status shows its health',
          });
        }
        return nodes.flatMap((node) => drainFindings(node, kubePods, options.force));
      },
    },
    choices,
  );
}
