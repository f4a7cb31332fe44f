import type { Version } from '../cluster/version.ts';
import type { Plan } from '../engine/plan.ts';
import { type Way, wayTo } from './choose-way.ts';
import { type HopChoices, planHop, sessionOf } from './plan-hop.ts';
import { type RunResult, runPlanned } from './run-workflow.ts';
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
    results.push(await runPlanned(ofHop, ways, () => planHop(ofHop, way, choices)));
    if (choices.dryRun) break;
  }
  return results;
}
