import type { Workflow } from '../engine/phase.ts';
import { type ResetScope, resetPhases } from '../phases/reset-phases.ts';

/** From hosts of a cluster to the hosts that they were before: everything that their manifests list, and nothing else. */
export const resetWorkflow = (scope: ResetScope): Workflow => ({ name: 'reset', phases: resetPhases(scope) });
