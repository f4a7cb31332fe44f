import type { NodeName } from '../cluster/cluster.ts';
import type { Refusal } from '../engine/description.ts';
import { collectFailures } from '../engine/failures.ts';
import type { Workflow } from '../engine/phase.ts';
import type { Finding, Plan, Step } from '../engine/plan.ts';
import { type KclusterError, PreflightError, RefusedError } from '../errors.ts';
import { preflight, preflightProbes } from '../preflight/preflight.ts';
import { warnOfAbsent } from '../workflows/warn-of-absent.ts';
import { applyPlan, roundTripsOf } from './apply-plan.ts';
import { type Shelf, stockShelf } from './artifact-shelf.ts';
import { checkNewPaths } from './check-new-paths.ts';
import { warnOfGivenEtcd } from './given-etcd.ts';
import { guardMembership } from './guard-membership.ts';
import { type Look, lookAtHosts } from './look.ts';
import { createPlanFor, makeRunPlan, type PlanFor } from './make-run-plan.ts';
import type { Session } from './session.ts';
import type { Around } from './watch-turns.ts';

/** What a verb makes of one look: its steps, and the nodes whose findings count; absent: all. */
export interface StepsOfRun {
  readonly steps: readonly Step[];
  readonly focus?: ReadonlySet<NodeName>;
  /** Of a join: the nodes that were named for it. */
  readonly joining?: readonly NodeName[];
}

/** @param plan makes the steps of the workflow for another inventory, or other observations, than those of the look */
export type MakeSteps = (look: Look, plan: PlanFor) => StepsOfRun;

export interface RunChoices {
  /** Make and show the plan, change nothing. */
  readonly dryRun: boolean;
  /** Names of checks whose errors are shown as warnings, beyond those of the inventory. */
  readonly ignorePreflight: readonly string[];
  /** `3` or `10%`: how many nodes may be taken down at once. */
  readonly maxUnavailable: string;
  /** Other steps than those that bring every host to what the inventory says. */
  readonly makeSteps?: MakeSteps;
  /** A plan that was reviewed: only that one is carried out. */
  readonly reviewed?: Plan;
  /** Called with a plan that changes something; rejects when it is not wanted. */
  confirm(plan: Plan): Promise<void>;
}

export interface RunResult {
  readonly plan: Plan;
  readonly applied: boolean;
}

/** Findings that nobody waived stop the run before anything is changed. */
function refuseFindings(findings: readonly Finding[]): void {
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return;
  const failures = errors.map(
    ({ id, node, message, remedy }) => new PreflightError(`${message} [${id}]`, { remedy, ...(node === undefined ? {} : { node }) }),
  );
  const [only] = failures;
  if (failures.length === 1 && only !== undefined) throw only;
  throw new PreflightError(`${failures.length} preflight checks failed; nothing was changed`, {
    failures,
    remedy: errors.every(({ mandatory }) => mandatory === true)
      ? 'mend what each one says'
      : 'mend what each one says; or waive what is not mandatory by name with --ignore-preflight NAME',
  });
}

/** What the hosts hold allows no plan at all; nobody can waive that. */
export function refusePlacement(refusals: readonly Refusal[]): void {
  if (refusals.length === 0) return;
  const failures = refusals.map(
    ({ node, message, remedy }) => new RefusedError(message, { remedy, ...(node === undefined ? {} : { node }) }),
  );
  throw collectFailures(failures, 'refused; nothing was changed');
}

/** What was found then and is not found now, such as that there is no backup, changes nothing of what was reviewed. */
function isReviewed(reviewed: Plan, plan: Plan): boolean {
  const known = new Set(reviewed.findings.map((finding) => JSON.stringify(finding)));
  const rest = (whole: Plan): string => JSON.stringify({ ...whole, findings: [] });
  return rest(reviewed) === rest(plan) && plan.findings.every((finding) => known.has(JSON.stringify(finding)));
}

function refuseMoved(reviewed: Plan, plan: Plan): void {
  if (isReviewed(reviewed, plan)) return;
  throw new RefusedError('the plan is not what would be done now: a host, the inventory or the plan itself changed since it was made', {
    remedy: 'make a new plan with kcluster plan -o, review it, and apply that',
  });
}

/** A plan, and where the artifacts are that it sends. */
export interface Planned {
  readonly plan: Plan;
  readonly shelf: Shelf;
  /** What only shows when hosts try it, asked before a plan is carried out. */
  readonly tryPaths?: () => Promise<readonly Finding[]>;
}

/** How any plan may be gone through with. */
interface Ways extends Pick<RunChoices, 'dryRun' | 'reviewed' | 'confirm'> {
  /** What belongs around each step of a plan. */
  readonly around?: (plan: Plan) => Around;
}

async function makePlan(session: Session, workflow: Workflow, choices: RunChoices): Promise<Planned> {
  const look = await lookAtHosts(
    session,
    workflow,
    (node) => preflightProbes(session.cluster, node, session.secrets.authorities().get('cluster')),
    choices.reviewed,
  );
  refusePlacement(look.desired.placement.refusals);
  const shelf = await stockShelf(session, look.observations);
  const planFor = createPlanFor(session, workflow, shelf, choices.maxUnavailable);
  const { steps, focus, joining } = choices.makeSteps?.(look, planFor) ?? { steps: planFor(look.desired, look.observations) };
  const waived = new Set([...session.cluster.ignorePreflight, ...choices.ignorePreflight]);
  const findings = [
    ...preflight(look.desired, look.observations, waived, focus),
    ...guardMembership(steps, look.etcdMembers),
    ...warnOfAbsent(look.desired),
    ...warnOfGivenEtcd(session.cluster, session.secrets, new Date()),
  ];
  const plan = makeRunPlan(session, workflow, { steps, findings, joining, maxUnavailable: choices.maxUnavailable });
  return { plan, shelf, tryPaths: () => checkNewPaths(session, look, focus, choices.ignorePreflight) };
}

interface Ending {
  readonly plan: Plan;
  readonly outcome: 'nothing-to-do' | 'done' | 'planned' | 'failed';
  readonly changed: number;
  readonly failure?: KclusterError;
}

async function carryThrough(session: Session, choices: Ways, make: () => Promise<Planned>): Promise<Ending> {
  const { plan, shelf, tryPaths } = await make();
  if (choices.reviewed !== undefined) refuseMoved(choices.reviewed, plan);
  session.emit({ type: 'planned', plan, atMs: session.elapsedMs() });
  refuseFindings(plan.findings);
  if (plan.steps.length === 0) return { plan, outcome: 'nothing-to-do', changed: 0 };
  if (choices.dryRun) return { plan, outcome: 'planned', changed: 0 };
  const found = (await tryPaths?.()) ?? [];
  refuseFindings(found);
  for (const { id, node, message } of found) {
    session.emit({ type: 'notice', level: 'warning', text: `${message} [${id}]`, ...(node === undefined ? {} : { node }) });
  }
  await choices.confirm(plan);
  const applied = await applyPlan(session, plan, shelf, choices.around?.(plan));
  return { plan, outcome: applied.failure === undefined ? 'done' : 'failed', ...applied };
}

/** Makes a plan, shows it, and unless only a plan is wanted carries it out: the one way of all mutating verbs. Always tells how it ended. */
export async function runPlanned(session: Session, choices: Ways, make: () => Promise<Planned>): Promise<RunResult> {
  const finish = (outcome: Ending['outcome'], changed: number): void =>
    session.emit({ type: 'run-finished', outcome, changed, atMs: session.elapsedMs(), roundTrips: roundTripsOf(session) });
  let ending: Ending;
  try {
    ending = await carryThrough(session, choices, make);
  } catch (error) {
    finish('failed', 0);
    throw error;
  }
  finish(ending.outcome, ending.changed);
  if (ending.failure !== undefined) throw ending.failure;
  return { plan: ending.plan, applied: ending.outcome === 'done' };
}

/** Brings hosts to what the workflow wants: looks at all of them, checks them, plans. */
export function runWorkflow(session: Session, workflow: Workflow, choices: RunChoices): Promise<RunResult> {
  return runPlanned(session, choices, () => makePlan(session, workflow, choices));
}
