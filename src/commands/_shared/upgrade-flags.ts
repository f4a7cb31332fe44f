import { Flags } from '@oclif/core';
import type { HopChoices } from '../../app/plan-hop.ts';
import type { UpgradePlan } from '../../app/plan-upgrade.ts';
import { parseVersion, type Version } from '../../cluster/version.ts';
import { drainTimeoutFlag } from './drain-timeout.ts';
import { runFlags } from './run-flags.ts';
import { versionFlag } from './version-flag.ts';

/** Flags that decide what an upgrade would do. */
export const upgradeFlags = {
  to: versionFlag({ description: 'release of Kubernetes to arrive at; default: that of the inventory' }),
  drain: Flags.boolean({ description: 'drain nodes also for another patch of the kubelet', default: false }),
  'drain-timeout': drainTimeoutFlag('one node'),
  force: Flags.boolean({ description: 'drains also delete pods that no controller makes again', default: false }),
  'max-unavailable': runFlags['max-unavailable'],
  'ignore-preflight': runFlags['ignore-preflight'],
};

export const keepInventoryFlag = Flags.boolean({ description: 'do not write the release into the inventory at the end' });

interface UpgradeWishes {
  readonly to?: Version | undefined;
  readonly drain: boolean;
  readonly 'drain-timeout': number;
  readonly force: boolean;
  readonly 'max-unavailable': string;
  readonly 'ignore-preflight': readonly string[];
}

/** What the flags ask for. */
export function choicesOfFlags(flags: UpgradeWishes): HopChoices & { readonly to?: Version } {
  return {
    ...(flags.to === undefined ? {} : { to: flags.to }),
    ignorePreflight: flags['ignore-preflight'],
    maxUnavailable: flags['max-unavailable'],
    drain: { timeoutSeconds: flags['drain-timeout'], force: flags.force },
    drainAlways: flags.drain,
  };
}

/** What a saved plan asked for: what was found then has been read. */
export function choicesOfPlan({ plan, choices, newK8sVersion }: UpgradePlan, flags: UpgradeWishes) {
  const to = parseVersion(newK8sVersion);
  return {
    ...choices,
    ...(to === undefined ? {} : { to }),
    reviewed: plan,
    ignorePreflight: [...plan.findings.map(({ id }) => id), ...flags['ignore-preflight']],
    maxUnavailable: plan.maxUnavailable,
  };
}
