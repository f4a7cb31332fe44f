import { Flags } from '@oclif/core';

/** Of commands that look for backups. */
export const inFlag = Flags.string({
  description: 'only there: a directory of this machine, a control plane, or a URL (ssh://, s3://); default: all places of the inventory',
  helpValue: 'PLACE',
});
