import type { Finding } from '../engine/plan.ts';
import { deprecatedApiCheck, knownCheck, storedVersionCheck } from './api-checks.ts';
import { backupCheck } from './backup-check.ts';
import { certificateCheck } from './certificate-check.ts';
import { drainChecks } from './drain-checks.ts';
import { healthChecks } from './health-checks.ts';
import { catalogueCheck, floorCheck, matrixCheck } from './release-checks.ts';
import { removalCheck } from './removal-check.ts';
import type { UpgradeCheck } from './upgrade-check.ts';
import type { UpgradeInput } from './upgrade-input.ts';
import { downgradeCheck, etcdPathCheck, skewCheck } from './version-checks.ts';
import { webhookCheck } from './webhook-check.ts';

/** All checks, in the order in which they are shown. What holds for any run is asked by preflight. */
export const checks: readonly UpgradeCheck[] = [
  skewCheck,
  downgradeCheck,
  etcdPathCheck,
  catalogueCheck,
  matrixCheck,
  removalCheck,
  knownCheck,
  deprecatedApiCheck,
  storedVersionCheck,
  webhookCheck,
  ...drainChecks,
  ...healthChecks,
  certificateCheck,
  backupCheck,
  floorCheck,
];

/** What speaks against the next hop, check by check; a waived error is shown as a warning, but for mandatory ones. Pure. */
export function judgeUpgrade(input: UpgradeInput, waived: ReadonlySet<string>): readonly Finding[] {
  return checks.flatMap(({ id, severity: usual, mandatory, judge }) =>
    judge(input).map(({ node, severity = usual, message, remedy }): Finding => {
      const isWaived = waived.has(id) && mandatory !== true;
      return {
        id,
        ...(node === undefined ? {} : { node }),
        severity: isWaived ? 'warning' : severity,
        ...(mandatory === true && severity === 'error' ? { mandatory } : {}),
        message,
        remedy,
      };
    }),
  );
}
