import { Flags } from '@oclif/core';
import { drainTimeoutFlag } from './drain-timeout.ts';
import { runFlags } from './run-flags.ts';

/** Flags of verbs that take a node out of the cluster. */
export const leaveFlags = {
  ...runFlags,
  'drain-timeout': drainTimeoutFlag('the node'),
  force: Flags.boolean({ description: 'also delete pods that no controller makes again' }),
  dead: Flags.boolean({ description: 'the host is gone for good: no connection to it, no drain, no reset' }),
};
