import { ConfigurationError } from '../errors.ts';

/** One in ten: what Kubernetes' own tools take, and what a cluster with some room to spare bears. */
export const defaultMaxUnavailable = '10%';

/**
 * How many nodes may be taken down at once, at least one; a share is rounded down.
 *
 * @param text `3` or `10%`
 * @throws ConfigurationError when it is neither
 */
export function batchWidth(text: string, nodes: number): number {
  const match = /^([1-9][0-9]{0,5})(%?)$/.exec(text.trim());
  const amount = Number(match?.[1]);
  if (match === null || (match[2] === '%' && amount > 100)) {
    throw new ConfigurationError(`"${text}" is no number of nodes`, {
      remedy: 'give --max-unavailable a number such as 2, or a share such as 10%',
    });
  }
  return match[2] === '%' ? Math.max(1, Math.floor((nodes * amount) / 100)) : amount;
}
