import type { Finding, Plan, Step, StepId } from '../engine/plan.ts';
import { cleanLine } from './clean-text.ts';
import { type ActionMark, describeAction, markAction } from './describe-action.ts';
import { formatDuration } from './format.ts';
import type { Paint, Style } from './paint.ts';
import { summarizePlan } from './summarize-plan.ts';

const markStyles = { '+': 'green', '~': 'yellow', '-': 'red', '!': 'magenta' } as const satisfies Record<ActionMark, Style>;

/** The steps of a plan as their descriptions look them up. */
interface PlanIndex {
  readonly byId: ReadonlyMap<StepId, Step>;
  readonly byNode: ReadonlyMap<string, readonly Step[]>;
}

/** A plan for people: every action under its node and phase, what waits for what, findings, and one line that sums it up. */
export function describePlan(plan: Plan, paint: Paint = (_style, text) => text): string {
  const index: PlanIndex = {
    byId: new Map(plan.steps.map((step) => [step.id, step])),
    byNode: Map.groupBy(plan.steps, (step) => step.node),
  };
  const nodes = plan.nodes.map((node) => describeNode(node, index, paint)).filter((text) => text !== '');
  const findings = plan.findings.map((finding) => describeFinding(finding, paint)).join('');
  const blocks = [...nodes, findings, `${paint('bold', summarizePlan(plan))}\n`];
  return blocks.filter((block) => block !== '').join('\n');
}

function describeNode(node: string, index: PlanIndex, paint: Paint): string {
  const steps = index.byNode.get(node) ?? [];
  if (steps.length === 0) return '';
  return `${paint('bold', node)}\n${steps.map((step) => describeStep(step, index, paint)).join('')}`;
}

function describeStep(step: Step, index: PlanIndex, paint: Paint): string {
  const after = describeOrder(step, index);
  const head = `  ${step.title} ${paint('dim', `[${step.phase}]${after}`)}\n`;
  const actions = step.actions.map((action) => {
    const mark = markAction(action);
    return `    ${paint(markStyles[mark], mark)} ${describeAction(action)}\n`;
  });
  const gates = step.gate.map((condition) => {
    return paint('dim', `    then waits until ${cleanLine(condition.title)}, at most ${formatDuration(condition.deadlineMs)}`).concat('\n');
  });
  return [head, ...actions, ...gates].join('');
}

/** Order on the same node is the order of the text; what is awaited on other nodes is named. */
function describeOrder(step: Step, { byId }: PlanIndex): string {
  const elsewhere = step.after.flatMap((id) => byId.get(id) ?? []).filter((other) => other.node !== step.node);
  const nodesByPhase = Map.groupBy(elsewhere, (other) => other.phase);
  const phrases = [...nodesByPhase].map(([phase, steps]) => `${phase} on ${listNodes(steps.map((other) => other.node))}`);
  return phrases.length === 0 ? '' : ` after ${phrases.join(' and ')}`;
}

function listNodes(nodes: readonly string[]): string {
  return nodes.length > 5 ? `${nodes.length} hosts` : nodes.join(', ');
}

/** A finding on two lines: the fact, and what to do about it. */
export function describeFinding(finding: Finding, paint: Paint = (_style, text) => text): string {
  const severity = paint(finding.severity === 'error' ? 'red' : 'yellow', finding.severity);
  const node = finding.node === undefined ? '' : `${finding.node}: `;
  return `${severity} ${node}${cleanLine(finding.message)} ${paint('dim', `[${finding.id}]`)}\n  ${cleanLine(finding.remedy)}\n`;
}
