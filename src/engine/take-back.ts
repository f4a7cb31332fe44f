import { ConnectionLostError, type KclusterError, StoppedError, UnreachableError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { nothingKept, putBackScript } from './actions/keep.ts';
import type { Emit } from './events.ts';
import { asKclusterError } from './failures.ts';
import { hostPaths } from './host-paths.ts';
import type { KeepAction } from './keep-before.ts';

interface Means {
  readonly host: Host;
  readonly emit: Emit;
  /** Resolves once what was put back is healthy. */
  awaitGate(): Promise<void>;
}

async function putBack(kept: KeepAction, host: Host): Promise<'done' | 'nothing'> {
  const { code, stderr } = await host.run(putBackScript(kept), { title: `put back ${kept.name}` });
  if (code === nothingKept) return 'nothing';
  if (code !== 0) throw new StoppedError(`putting back ended with status ${code}`, { node: host.node, output: stderr });
  return 'done';
}

/** Gives a host back what it had before a step that failed. @returns the error of the step, which says how that went */
export async function takeBack(kept: KeepAction, cause: unknown, { host, emit, awaitGate }: Means): Promise<KclusterError> {
  const failure = asKclusterError(cause, host.node);
  // A host that is away gets nothing; the next run finds what was kept.
  if (failure instanceof ConnectionLostError || failure instanceof UnreachableError) return failure;
  const { node } = host;
  const units = kept.units.join(', ');
  emit({ type: 'notice', level: 'warning', node, text: `${failure.message}; putting back what ${units} ran with` });
  const factOf = (error: KclusterError): string => error.message.replace(`${node}: `, '');
  const stopped = (fact: string, remedy: string): KclusterError =>
    new StoppedError(`${factOf(failure)}; ${fact}`, { ...failure.details, node, remedy });
  try {
    if ((await putBack(kept, host)) === 'nothing') return failure;
  } catch (error) {
    const remedy = `look at ${units} on that host; what it had before lies in ${hostPaths.kept}/${kept.name}`;
    return stopped(`and it could not be put back: ${factOf(asKclusterError(error, node))}`, remedy);
  }
  try {
    await awaitGate();
  } catch (error) {
    const remedy = `look at ${units} on that host: the cause is not the release; mend it, then run again`;
    return stopped(
      `${units} has again what it had before, and is not well with that either: ${factOf(asKclusterError(error, node))}`,
      remedy,
    );
  }
  const remedy = 'find the cause in the lines of its journal and mend it; then run again, or go back with kcluster upgrade rollback';
  return stopped(`${units} runs again with what it had before`, remedy);
}
