import type { UpgradeChoices } from '../../../src/app/run-upgrade.ts';

/** Choices of an upgrade that nobody is asked about, changed as said. */
export const choices = (more: Partial<UpgradeChoices> = {}): UpgradeChoices => ({
  dryRun: false,
  ignorePreflight: [],
  maxUnavailable: '10%',
  drain: { timeoutSeconds: 60, force: false },
  drainAlways: false,
  confirm: async () => undefined,
  backUp: async () => undefined,
  ...more,
});
