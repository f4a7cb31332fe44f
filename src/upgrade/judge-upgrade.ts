import type { Finding } from '../engine/plan.ts';
import type { UpgradeCheck } from './upgrade-check.ts';
import type { UpgradeInput } from './upgrade-input.ts';
import { downgradeCheck, etcdPathCheck, skewCheck } from './version-checks.ts';

/** All checks, in the order in which they are shown. What holds for any run is asked by preflight. */
export const checks: readonly UpgradeCheck[] = [skewCheck, downgradeCheck, etcdPathCheck];

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
