import { durationFlag } from './duration-flag.ts';

/** @param nodes whose pods are meant: `one node` */
export const drainTimeoutFlag = (nodes: string) =>
  durationFlag({
    description: `how long all pods of ${nodes} may take to be gone: 90s, 5m, 1h30m`,
    default: 300,
    defaultHelp: async () => '5m',
  });
