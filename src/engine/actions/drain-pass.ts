import { shellQuote } from '../../render/shell-quote.ts';

/** One pass of evictions ends about then: no remote command lasts as long as a drain may, and kubectl alone asks a budget again after 5 s only. */
const passSeconds = 2;
/** The end of a pass whose API server does not answer. */
const longestSeconds = 10;

/** Status by which `timeout` says that it ended the command. */
export const endedStatus = 124;

export interface DrainPass {
  readonly node: string;
  readonly force: boolean;
}

/**
 * sh of one pass: cordons, evicts through the API, so that budgets are kept, and waits a little for pods to end.
 * Status 0: nothing is left that has to go. What kubectl said is in `$kc_said`.
 */
export function drainPass(kubectl: string, { node, force }: DrainPass, limitSeconds = longestSeconds): string {
  const flags = `--ignore-daemonsets --delete-emptydir-data --timeout=${passSeconds}s${force ? ' --force' : ''}`;
  return `kc_said=$(timeout --foreground -k 1 ${limitSeconds} ${kubectl} drain ${flags} -- ${shellQuote(node)} 2>&1)`;
}

/** Part of what kubectl says when it refuses to begin: pods without a controller, or of a DaemonSet that is gone. */
export const refusal = 'cannot delete';
