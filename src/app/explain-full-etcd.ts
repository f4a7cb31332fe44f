import { roomyShare } from '../cluster/etcd-room.ts';
import { etcdPrefix } from '../components/etcd-client.ts';
import { type ResourceUsage, readUsage, writeUsageScript } from '../engine/etcd-usage.ts';
import { StoppedError } from '../errors.ts';
import { type EtcdLook, lookAtEtcd } from './look-at-etcd.ts';
import type { Session } from './session.ts';

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

function describeUsage(usage: readonly ResourceUsage[]): string {
  const rows = usage.map(
    ({ resource, keys, aboutBytes }) => `${mebibytes(aboutBytes).padStart(12)} ${String(keys).padStart(8)} keys  ${resource}`,
  );
  return `what etcd holds, by kind, the sizes about:\n${rows.join('\n')}\nwhat this does not add up to is history, which --keep-revisions 0 lets go\n`;
}

/** Asked of one member whose own host can be reached. */
async function readUsageOf(session: Session, { observations }: EtcdLook): Promise<string> {
  const name = [...observations].find(([, { etcd }]) => etcd !== undefined)?.[0];
  const host = name === undefined ? undefined : session.hosts.get(name);
  if (host === undefined) return '';
  const node = session.cluster.nodes.find(({ roles }) => roles.includes('control-plane'));
  const script = writeUsageScript(node === undefined ? '/registry' : etcdPrefix(node));
  const { code, stdout } = await host.run(script, { title: 'count keys by kind', timeoutMs: 300_000, signal: session.signal });
  return code === 0 ? describeUsage(readUsage(stdout)) : '';
}

/** When a member is still near its quota after everything was done: what fills it, and what is left to do. undefined when none is. */
export async function explainFullEtcd(session: Session): Promise<StoppedError | undefined> {
  const look = await lookAtEtcd(session);
  const full = look.report.members.filter(
    ({ dbSizeBytes = 0, quotaBytes }) => quotaBytes !== undefined && dbSizeBytes >= roomyShare * quotaBytes,
  );
  if (full.length === 0) return undefined;
  const list = full.map(
    ({ name, dbSizeBytes = 0, quotaBytes = 0 }) => `${name} holds ${mebibytes(dbSizeBytes)} of ${mebibytes(quotaBytes)}`,
  );
  return new StoppedError(`there is no room to be had in etcd: ${list.join(', ')}; the alarm NOSPACE stays`, {
    output: await readUsageOf(session, look),
    remedy:
      'delete what is not needed and run again with --keep-revisions 0; or raise quota-backend-bytes in components.etcd.extraArgs, then kcluster init, then this again',
  });
}
