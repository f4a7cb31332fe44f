import type { UpgradeReport } from '../cluster/upgrade-report.ts';
import type { Version } from '../cluster/version.ts';
import type { Plan } from '../engine/plan.ts';
import { usualTarget, wayTo } from './choose-way.ts';
import { type HopChoices, planHop, sessionOf } from './plan-hop.ts';
import { artifactsOf, type ListedArtifact, reportUpgrade } from './report-upgrade.ts';
import type { Session } from './session.ts';
import { surveyReleases } from './survey-releases.ts';

/** An upgrade as it is shown, saved, and carried out: the plan of its next hop, and what the whole way is. */
export interface UpgradePlan extends UpgradeReport {
  readonly apiVersion: 'kcluster/v1alpha1';
  readonly kind: 'UpgradePlan';
  readonly cluster: string;
  /** What was asked for, so that applying it asks for the same. */
  readonly choices: Pick<HopChoices, 'drain' | 'drainAlways'>;
  /** What all hops need of the catalogue, for `artifacts bundle --plan`. */
  readonly artifacts: readonly ListedArtifact[];
  /** The next hop, step by step. */
  readonly plan: Plan;
}

/** Looks at every host and says what an upgrade would be; changes nothing. */
export async function planUpgrade(session: Session, choices: HopChoices & { readonly to?: Version }): Promise<UpgradePlan> {
  const survey = await surveyReleases(session);
  const way = wayTo(survey, choices.to ?? usualTarget(survey, session.cluster.kubernetesVersion));
  const [hop = way.to] = way.hops;
  const planned = await planHop(sessionOf(session, hop), way, choices);
  return {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'UpgradePlan',
    cluster: session.cluster.name,
    ...reportUpgrade(session, way, planned),
    choices: { drain: choices.drain, drainAlways: choices.drainAlways },
    artifacts: artifactsOf(session, way, planned.input.observations),
    plan: planned.plan,
  };
}
