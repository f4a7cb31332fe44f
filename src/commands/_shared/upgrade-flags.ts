import { Flags } from '@oclif/core';
import { durationFlag } from './duration-flag.ts';
import { runFlags } from './run-flags.ts';
import { versionFlag } from './version-flag.ts';

/** Flags that decide what an upgrade would do. */
export const upgradeFlags = {
  to: versionFlag({ description: 'release of Kubernetes to arrive at; default: that of the inventory' }),
  drain: Flags.boolean({ description: 'drain nodes also for another patch of the kubelet' }),
  'drain-timeout': durationFlag({
    description: 'how long all pods of one node may take to be gone: 90s, 5m, 1h30m',
    default: 300,
    defaultHelp: async () => '5m',
  }),
  force: Flags.boolean({ description: 'drains also delete pods that no controller makes again' }),
  'max-unavailable': runFlags['max-unavailable'],
  'ignore-preflight': runFlags['ignore-preflight'],
};
