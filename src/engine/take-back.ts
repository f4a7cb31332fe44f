import { ConnectionLostError, KclusterError, StoppedError, UnreachableError } from '../errors.ts';
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

async function putBack(kept: KeepAction, { host, awaitGate }: Means): Promise<'done' | 'nothing'> {
  const { code, stderr } = await host.run(putBackScript(kept), { title: `put back ${kept.name}` });
  if (code === nothingKept) return 'nothing';
  if (code !== 0) throw new StoppedError(`putting back ended with status ${code}`, { node: host.node, output: stderr });
  await awaitGate();
  return 'done';
}

/** Gives a host back what it had before a step that failed. @returns the error of the step, which says how that went */
export async function takeBack(kept: KeepAction, cause: unknown, means: Means): Promise<KclusterError> {
  const failure = asKclusterError(cause, means.host.node);
  // A host that is away gets nothing; the next run finds what was kept.
  if (failure instanceof ConnectionLostError || failure instanceof UnreachableError) return failure;
  const { node } = means.host;
  const units = kept.units.join(', ');
  means.emit({ type: 'notice', level: 'warning', node, text: `${failure.message}; putting back what ${units} ran with` });
  const why = failure.message.replace(`${node}: `, '');
  try {
    if ((await putBack(kept, means)) === 'nothing') return failure;
    return new StoppedError(`${why}; ${units} runs again with what it had before`, {
      ...failure.details,
      node,
      remedy: 'find the cause in the lines of its journal and mend it; then run again, or go back with kcluster upgrade rollback',
    });
  } catch (error) {
    const second = error instanceof KclusterError ? error.message.replace(`${node}: `, '') : String(error);
    return new StoppedError(`${why}; and it could not be put back: ${second}`, {
      ...failure.details,
      node,
      remedy: `look at ${units} on that host; what it had before lies in ${hostPaths.kept}/${kept.name}`,
    });
  }
}
