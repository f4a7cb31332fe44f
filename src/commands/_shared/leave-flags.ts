import { Flags } from '@oclif/core';
import { durationFlag } from './duration-flag.ts';
import { runFlags } from './run-flags.ts';

/** Flags of verbs that take a node out of the cluster. */
export const leaveFlags = {
  ...runFlags,
  'drain-timeout': durationFlag({
    description: 'how long all pods of the node may take to be gone: 90s, 5m, 1h30m',
    default: 300,
    defaultHelp: async () => '5m',
  }),
  force: Flags.boolean({ description: 'also delete pods that no controller makes again' }),
  dead: Flags.boolean({ description: 'the host is gone for good: no connection to it, no drain, no reset' }),
};
