import { nodesWithRole } from '../cluster/cluster.ts';
import type { RestoreAim } from '../cluster/restore.ts';
import type { RestoreDifference } from '../cluster/restore-difference.ts';
import { ownEtcdEndpoint } from '../engine/etcdctl.ts';
import { sendSnapshot, withScratch } from './drill-backup.ts';
import type { Look } from './look.ts';
import { runHostScript } from './run-host-script.ts';
import type { Session } from './session.ts';
import { tellPhases } from './tell-phases.ts';

/**
 * What a restore would change, by resource: the snapshot is read beside the member of one host, which is asked what it knows, with or without
 * a quorum. undefined: no member answers, or the host cannot do it; a restore does not depend on it.
 */
export async function compareWithLive(
  session: Session,
  { observations }: Look,
  { file, snapshot: { sha256, sizeBytes } }: { readonly file: string; readonly snapshot: RestoreAim['snapshot'] },
): Promise<readonly RestoreDifference[] | undefined> {
  const node = nodesWithRole(session.cluster, 'etcd').find(({ name }) => observations.get(name)?.etcd !== undefined);
  const host = node === undefined ? undefined : session.hosts.get(node.name);
  if (host === undefined) return undefined;
  const found: RestoreDifference[] = [];
  const answer = { isKnown: true };
  const tell = tellPhases(session, host.node, {});
  await withScratch(session, host, async (directory) => {
    await sendSnapshot(session, host, { file, sha256, sizeBytes }, `${directory}/snapshot.db`);
    const script = { name: 'backup/drill.sh', argument: directory, settings: { LIVE: ownEtcdEndpoint } };
    const onLine = (word: string, [resource = '', ...counts]: readonly string[]): void => {
      const [gone = 0, back = 0, changed = 0] = counts.map(Number);
      if (word !== 'differs') tell(word, [resource, ...counts]);
      else if (resource === 'unknown') answer.isKnown = false;
      else found.push({ resource, gone, back, changed });
    };
    const failure = await runHostScript(host, script, onLine, session.signal);
    if (failure !== undefined) answer.isKnown = false;
  });
  return answer.isKnown ? found : undefined;
}
