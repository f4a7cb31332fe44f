import type { Workflow } from '../engine/phase.ts';
import { artifactsStage } from '../phases/artifacts-stage.ts';
import { hostOwn } from '../phases/host-own.ts';

/** Everything big is sent ahead of the run that needs it; nothing is started, nothing that runs is changed. */
export const stageWorkflow: Workflow = { name: 'artifacts stage', phases: [hostOwn, artifactsStage] };
