import { Flags } from '@oclif/core';
import { defaultMaxUnavailable } from '../../cluster/batch-width.ts';

/** Flags of every verb that changes a cluster. */
export const runFlags = {
  'dry-run': Flags.boolean({ description: 'show the plan and change nothing' }),
  yes: Flags.boolean({ char: 'y', description: 'go on without a question' }),
  json: Flags.boolean({ description: 'one JSON event a line; see docs/reference/events.md' }),
  'max-unavailable': Flags.string({
    description: 'how many nodes may be taken down at once when something that runs must be restarted: 3, or 10%',
    default: defaultMaxUnavailable,
    helpValue: 'N',
  }),
  'ignore-preflight': Flags.string({
    description: 'show errors of this check as warnings',
    multiple: true,
    default: [],
    helpValue: 'NAME',
  }),
};
