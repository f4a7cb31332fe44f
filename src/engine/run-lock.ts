import { ConnectionLostError, type KclusterError, LockedError, UnreachableError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { shellQuote } from '../render/shell-quote.ts';
import { hostPaths } from './host-paths.ts';

const takenStatus = 75;

/**
 * Holds a lock that the host's kernel gives up when the connection dies: a process there keeps the descriptor and ends at
 * the first line it cannot write. No clock decides anything.
 */
function lockScript(holder: string): string {
  return `command -v flock >/dev/null || { echo 'flock is missing (package util-linux)'; exit 74; }
umask 077
mkdir -p -m 0700 ${hostPaths.state} || exit 74
exec 9>>${hostPaths.lock} || exit 74
flock -n 9 || { cat ${hostPaths.lock}.holder 2>/dev/null; exit ${takenStatus}; }
printf '%s since %s\\n' ${shellQuote(holder)} "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >${hostPaths.lock}.holder
trap 'exit 0' PIPE TERM HUP
while printf 'held\\n'; do sleep 1 9>&-; done`;
}

export interface HeldLock {
  release(): Promise<void>;
}

/** A host that went away is told as such; another run has the lock only where the host is still there. */
function lockLost(node: string, why: unknown): KclusterError {
  const isAway = why instanceof ConnectionLostError || why instanceof UnreachableError;
  const details = { node, remedy: 'run again: it goes on from what the hosts hold', ...(isAway ? { cause: why } : {}) };
  return isAway
    ? new ConnectionLostError('the connection broke, and the run lock with it', details)
    : new LockedError('the process that held the run lock has ended', details);
}

/** @throws LockedError naming the holder when another run has the host */
async function lockHost(host: Host, holder: string, onLost: (error: KclusterError) => void): Promise<HeldLock> {
  const controller = new AbortController();
  const lines: string[] = [];
  const { promise: held, resolve } = Promise.withResolvers<'held'>();
  const onLine = (line: string): void => {
    if (line === 'held') resolve('held');
    else if (lines.length < 20) lines.push(line);
  };
  const ended = host.follow(lockScript(holder), onLine, controller.signal).catch((error: unknown) => error);
  const first = await Promise.race([held, ended]);
  if (first === 'held') {
    void ended.then((why) => {
      if (!controller.signal.aborted) onLost(lockLost(host.node, why));
    });
    return {
      release: async () => {
        controller.abort();
        await ended;
      },
    };
  }
  if (first === takenStatus) {
    throw new LockedError(`another run holds the lock: ${lines.join(' ')}`, {
      node: host.node,
      remedy: 'wait for it to end, or end it; its lock goes with its connection',
    });
  }
  if (first instanceof Error) throw first;
  throw new LockedError(`the lock could not be taken (status ${String(first)}) ${lines.join(' ')}`.trim(), {
    node: host.node,
    remedy: `look at ${hostPaths.state} on that host`,
  });
}

/**
 * Locks hosts one after the other in order of their names, so that of two runs one gets them all; control-plane hosts are enough.
 * @param onLost called when a lock is gone before it was released: another run may begin, so this one must start nothing more
 */
export async function lockHosts(
  hosts: ReadonlyMap<string, Host>,
  holder: string,
  onLost: (error: KclusterError) => void,
): Promise<HeldLock> {
  const taken: HeldLock[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(taken.map((lock) => lock.release()));
  };
  const sorted = [...hosts.values()].sort((a, b) => (a.node < b.node ? -1 : 1));
  try {
    for (const host of sorted) taken.push(await lockHost(host, holder, onLost));
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}
