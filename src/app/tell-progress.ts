import { formatVersion } from '../cluster/version.ts';
import { observeAll } from '../engine/observe.ts';
import { describeProgress } from '../upgrade/describe-progress.ts';
import { judgeRollback } from '../upgrade/judge-rollback.ts';
import { releaseProbes, runningReleases } from '../upgrade/running-releases.ts';
import type { Session } from './session.ts';

/** Tells what an upgrade that stopped has brought where, and both ways on; from the hosts that still answer. */
export async function tellProgress({ cluster, hosts, emit, signal }: Session): Promise<void> {
  const { observations } = await observeAll(
    hosts,
    () => releaseProbes,
    () => undefined,
    { signal },
  );
  const running = runningReleases(observations);
  const silent = [...hosts.keys()].filter((name) => !observations.has(name));
  const back = silent.length === 0 ? judgeRollback(cluster, running) : undefined;
  const ways = [
    'kcluster upgrade apply goes on',
    ...(back !== undefined && 'to' in back ? [`kcluster upgrade rollback goes back to ${formatVersion(back.to)}`] : []),
  ];
  emit({ type: 'notice', level: 'warning', text: `${describeProgress(running, silent)}; ${ways.join(', ')}` });
}
