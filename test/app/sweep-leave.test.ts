import { removeNode } from '../../src/app/remove-node.ts';
import { runReset } from '../../src/app/run-reset.ts';
import { wanted } from './support/run-init.ts';
import { everybody, sweepVerb, type Verb } from './support/sweep-verb.ts';

const remove =
  (node: string): Verb['run'] =>
  (session) =>
    removeNode(session, { node, isDead: false, drain: { timeoutSeconds: 60, force: false } }, wanted);
const reset: Verb['run'] = (session) =>
  runReset(session, { nodes: [], keepEtcdData: false, dryRun: false, confirm: async () => undefined });

sweepVerb({ what: 'the removal of a control plane', before: everybody, run: remove('cp-3'), startsOver: true });
sweepVerb({ what: 'the removal of the control plane that was first', before: everybody, run: remove('cp-1'), startsOver: true });
sweepVerb({ what: 'the removal of a worker', before: everybody, run: remove('worker-1'), startsOver: true });
sweepVerb({ what: 'a reset of all', before: everybody, run: reset, startsOver: true, endsCluster: true });
