import { joinSteps } from '../../src/app/join-steps.ts';
import { runWorkflow } from '../../src/app/run-workflow.ts';
import { joinWorkflow } from '../../src/workflows/init.ts';
import { wanted } from './support/run-init.ts';
import { controlPlanes, sweepVerb, type Verb } from './support/sweep-verb.ts';

const run: Verb['run'] = (session) => runWorkflow(session, joinWorkflow, { ...wanted, makeSteps: joinSteps([]) });

sweepVerb({ what: 'the join of a control plane', before: ['cp-1', 'cp-2', 'worker-1'], run });
sweepVerb({ what: 'the growth from one control plane to three', before: ['cp-1', 'worker-1'], run });
sweepVerb({ what: 'the join of a worker', before: controlPlanes, run });
