import type { Plan } from '../engine/plan.ts';
import { formatCount } from './format.ts';

export interface PlanSummary {
  /** Hosts with at least one action. */
  readonly hosts: number;
  readonly changes: number;
  readonly unitsStarted: number;
  readonly restarts: number;
  readonly reloads: number;
}

export function countPlan(plan: Plan): PlanSummary {
  const busy = plan.steps.filter((step) => step.actions.length > 0);
  const actions = busy.flatMap((step) => step.actions);
  const units = actions.filter((action) => action.kind === 'unit');
  return {
    hosts: new Set(busy.map((step) => step.node)).size,
    changes: actions.length,
    unitsStarted: units.filter((action) => action.op === 'start').length,
    restarts: units.filter((action) => action.op === 'restart').length,
    reloads: units.filter((action) => action.op === 'reload').length,
  };
}

/** Verbs over nodes do what was said, whatever the inventory says. */
function foundBy(workflow: string): string {
  if (workflow === 'reset') return ', nothing of kcluster is there';
  return workflow.startsWith('nodes ') || workflow.startsWith('etcd ') ? '' : ', all as the inventory says';
}

/** `3 hosts, 41 changes, 7 units started, 0 restarts`, or that there is nothing to do. */
export function summarizePlan(plan: Plan): string {
  const hosts = formatCount(plan.nodes.length, 'host');
  if (plan.steps.length === 0) return `Nothing to do: ${hosts} looked at${foundBy(plan.workflow)}.`;
  const { hosts: changed, changes, unitsStarted, restarts, reloads } = countPlan(plan);
  if (changes === 0) return `No changes; ${formatCount(plan.steps.length, 'phase')} to wait for.`;
  const reloaded = reloads === 0 ? '' : `, ${formatCount(reloads, 'reload')}`;
  return `${formatCount(changed, 'host')}, ${formatCount(changes, 'change')}, ${formatCount(unitsStarted, 'unit')} started, ${formatCount(restarts, 'restart')}${reloaded}`;
}
