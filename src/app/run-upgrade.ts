import type { Version } from '../cluster/version.ts';
import type { Plan } from '../engine/plan.ts';
import { StoppedError } from '../errors.ts';
import { type Way, wayTo } from './choose-way.ts';
import { type HopChoices, planHop, sessionOf } from './plan-hop.ts';
import { releaseCordons } from './release-cordons.ts';
import { type Planned, type RunResult, runPlanned } from './run-workflow.ts';
import type { Session } from './session.ts';
import { surveyReleases } from './survey-releases.ts';

export interface UpgradeChoices extends HopChoices {
  /** Release of Kubernetes to arrive at; absent: that of the inventory. */
  readonly to?: Version;
  readonly dryRun: boolean;
  /** A plan of the first hop that was reviewed: only that one is carried out. */
  readonly reviewed?: Plan;
  confirm(plan: Plan, way: Way): Promise<void>;
  /** Called once, before anything is changed. */
  backUp(): Promise<void>;
}

/** The way hop by hop, each from where the one before it ends. */
function legsOf({ from, to, hops }: Way): readonly { readonly hop: Version; readonly way: Way }[] {
  return hops.map((hop, index) => ({ hop, way: { from: hops[index - 1] ?? from, to, hops: hops.slice(index) } }));
}

/** What stopped by itself leaves no node without pods; what was interrupted goes on when it is run again. */
async function runHop(session: Session, ways: Parameters<typeof runPlanned>[1], make: () => Promise<Planned>): Promise<RunResult> {
  try {
    return await runPlanned(session, ways, make);
  } catch (error) {
    if (error instanceof StoppedError && !session.signal.aborted) await releaseCordons(session).catch(() => undefined);
    throw error;
  }
}

/** Brings a cluster to other releases, hop by hop; each hop is looked at, planned and shown by itself. */
export async function runUpgrade(session: Session, choices: UpgradeChoices): Promise<readonly RunResult[]> {
  const survey = await surveyReleases(session);
  const results: RunResult[] = [];
  let isBackedUp = false;
  for (const { hop, way } of legsOf(wayTo(survey, choices.to ?? session.cluster.kubernetesVersion))) {
    const ways = {
      dryRun: choices.dryRun,
      ...(choices.reviewed === undefined || results.length > 0 ? {} : { reviewed: choices.reviewed }),
      confirm: async (plan: Plan) => {
        await choices.confirm(plan, way);
        if (!isBackedUp) await choices.backUp();
        isBackedUp = true;
      },
    };
    const ofHop = sessionOf(session, hop);
    results.push(await runHop(ofHop, ways, () => planHop(ofHop, way, choices)));
    if (choices.dryRun) break;
  }
  return results;
}
