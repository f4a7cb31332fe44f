import { InternalError, KclusterError, StoppedError } from '../errors.ts';

/** An expected failure as it is; anything else is a defect and keeps its cause. */
export function asKclusterError(error: unknown, node?: string): KclusterError {
  if (error instanceof KclusterError) return error;
  const details = { cause: error, ...(node === undefined ? {} : { node }) };
  return new InternalError(error instanceof Error ? error.message : String(error), details);
}

/** One error for a fan-out: the only failure itself, or one that lists every failed host. */
export function collectFailures(failures: readonly KclusterError[], what: string): KclusterError {
  const [first] = failures;
  if (first !== undefined && failures.length === 1) return first;
  const sameClass = failures.every((failure) => failure.exitCode === first?.exitCode);
  const Class = (sameClass && first !== undefined ? first.constructor : StoppedError) as new (
    message: string,
    details: object,
  ) => KclusterError;
  const nodes = new Set(failures.map(({ details }) => details.node));
  const where = nodes.size === 1 ? 'one host' : `${nodes.size} hosts`;
  return new Class(`${what} on ${where}`, {
    failures,
    remedy: 'mend what each host says, and run again: it goes on from here',
  });
}
