import type { NodeName } from '../cluster/cluster.ts';
import type { Finding } from '../engine/plan.ts';
import type { UpgradeInput } from './upgrade-input.ts';

/** What a check found; without a severity it has that of its check. */
export interface Found {
  readonly node?: NodeName;
  readonly severity?: Finding['severity'];
  readonly message: string;
  readonly remedy: string;
}

/** A named question about a cluster before it is upgraded. */
export interface UpgradeCheck {
  readonly id: string;
  readonly title: string;
  readonly severity: Finding['severity'];
  /** Its errors cannot be waived: what it finds does not work. */
  readonly mandatory?: true;
  judge(input: UpgradeInput): readonly Found[];
}
