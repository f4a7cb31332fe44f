import type { ComponentName } from '../cluster/cluster.ts';
import type { Version } from '../cluster/version.ts';
import type { Plan } from '../engine/plan.ts';
import { LockedError, RefusedError, StoppedError } from '../errors.ts';
import { judgeRollback } from '../upgrade/judge-rollback.ts';
import { onlyThese, stayingAt } from '../upgrade/pin-releases.ts';
import { type Way, wayTo } from './choose-way.ts';
import { type Direction, type HopChoices, planHop, sessionOf } from './plan-hop.ts';
import { createCordons, releaseCordons } from './release-cordons.ts';
import { type RunResult, runPlanned } from './run-workflow.ts';
import type { Session } from './session.ts';
import { type Survey, surveyReleases } from './survey-releases.ts';
import { tellProgress } from './tell-progress.ts';
import { watchTurns } from './watch-turns.ts';

export interface UpgradeChoices extends HopChoices {
  /** Release of Kubernetes to arrive at; absent: that of the inventory. */
  readonly to?: Version;
  readonly dryRun: boolean;
  /** A plan of the first hop that was reviewed: only that one is carried out. */
  readonly reviewed?: Plan;
  /** Asked before each node; absent: nobody wants to be asked. */
  readonly confirmNode?: (node: string) => Promise<void>;
  confirm(plan: Plan): Promise<void>;
  /** Called once, before anything is changed. */
  backUp(): Promise<void>;
}

interface Leg {
  readonly session: Session;
  readonly way: Way;
}

/** The way hop by hop, each from where the one before it ends. */
function legsOf(session: Session, { from, to, hops }: Way): readonly Leg[] {
  return hops.map((hop, index) => ({
    session: sessionOf(session, hop),
    way: { from: hops[index - 1] ?? from, to, hops: hops.slice(index) },
  }));
}

/** One hop on which only some components change, to what belongs to the target. */
function legOfSome(session: Session, { running, from }: Survey, only: ReadonlySet<ComponentName>, to: Version): Leg {
  const cluster = onlyThese(session.cluster, running, { only, from, to });
  return { session: { ...session, cluster }, way: { from, to: from, hops: [from] } };
}

/** What stopped by itself leaves no node without pods; what was interrupted goes on when it is run again. */
async function runLeg(
  { session: opened, way }: Leg,
  choices: UpgradeChoices,
  isFirst: boolean,
  direction: Direction = 'forward',
): Promise<RunResult> {
  const { reviewed, confirmNode } = choices;
  const cordons = createCordons();
  const session: Session = {
    ...opened,
    emit: (event) => {
      cordons.note(event);
      opened.emit(event);
    },
  };
  let hasBegun = false;
  const turns = { ...session.cluster.upgrade, ...(confirmNode === undefined ? {} : { confirmNode }) };
  const ways = {
    dryRun: choices.dryRun,
    ...(reviewed === undefined || !isFirst ? {} : { reviewed }),
    around: (plan: Plan) => watchTurns(plan, turns, session),
    confirm: async (plan: Plan) => {
      await choices.confirm(plan);
      if (isFirst) await choices.backUp();
      hasBegun = true;
    },
  };
  try {
    return await runPlanned(session, ways, () => planHop(session, way, choices, direction));
  } catch (error) {
    if (session.signal.aborted) throw error;
    if (error instanceof StoppedError) await releaseCordons(session, cordons);
    // What is told besides must not hide why it stopped.
    if (hasBegun && !(error instanceof LockedError)) await tellProgress(session).catch(() => undefined);
    throw error;
  }
}

export interface Upgraded {
  readonly results: readonly RunResult[];
  /** The release that everything is of now; absent: the way is not gone to its end, or only some components change. */
  readonly arrived?: Version;
}

/** Brings a cluster to other releases, hop by hop; each hop is looked at, planned and shown by itself. */
export async function runUpgrade(session: Session, choices: UpgradeChoices): Promise<Upgraded> {
  const survey = await surveyReleases(session);
  const to = choices.to ?? session.cluster.kubernetesVersion;
  const { only } = choices;
  const legs = only === undefined ? legsOf(session, wayTo(survey, to)) : [legOfSome(session, survey, only, to)];
  const results: RunResult[] = [];
  let changed = false;
  for (const leg of legs) {
    const result = await runLeg(leg, choices, !changed);
    results.push(result);
    changed ||= result.applied;
    if (choices.dryRun || (choices.pauseAfterFirst === true && result.applied)) return { results };
  }
  return only === undefined ? { results, arrived: to } : { results };
}

/** Takes a cluster back to the release that an upgrade began with. @throws RefusedError past the point of no return */
export async function runRollback(session: Session, choices: UpgradeChoices): Promise<Upgraded> {
  const { running, from } = await surveyReleases(session);
  const judged = judgeRollback(session.cluster, running, choices.to);
  if ('message' in judged) throw new RefusedError(judged.message, { remedy: judged.remedy });
  const { to, stays } = judged;
  const back = sessionOf(session, to);
  const cluster = stayingAt(back.cluster, running, stays);
  const result = await runLeg({ session: { ...back, cluster }, way: { from, to, hops: [to] } }, choices, true, 'back');
  return choices.dryRun ? { results: [result] } : { results: [result], arrived: to };
}
