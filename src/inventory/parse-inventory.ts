import type { Cluster } from '../cluster/cluster.ts';
import { ConfigurationError } from '../errors.ts';
import { type CheckOptions, checkInventory } from './check-inventory.ts';
import { formatProblem } from './problem.ts';

/** The cluster an inventory describes; `file` is its name in messages. @throws ConfigurationError that lists every error */
export function parseInventory(text: string, file: string, options: CheckOptions = {}): Cluster {
  const { cluster, problems } = checkInventory(text, options);
  if (cluster !== undefined) return cluster;
  const errors = problems.filter(({ severity }) => severity === 'error');
  const count = errors.length === 1 ? 'one error' : `${errors.length} errors`;
  throw new ConfigurationError(`${file} has ${count}\n${errors.map((problem) => formatProblem(problem, file, text)).join('\n')}`, {
    remedy: `Correct ${file}; \`kcluster inventory validate\` checks it without touching a host.`,
  });
}
