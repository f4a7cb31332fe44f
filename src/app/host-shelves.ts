import { readShelf } from '../backup/read-shelf.ts';
import type { BackupListing } from '../cluster/backup-listing.ts';
import { nodesWithRole } from '../cluster/cluster.ts';
import { snapshotsDirectory } from '../components/backup.ts';
import { KclusterError, StoppedError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Session } from './session.ts';

/** A record has some kilobytes; what is longer is none. */
const script = `cd ${snapshotsDirectory} 2>/dev/null || exit 0
for f in *.json; do
  [ -f "$f" ] || continue
  printf 'record\\t%s\\t' "$f"
  head -c 262144 -- "$f" | tr -d '\\n\\t'
  echo
done
for f in *.tar.*; do
  [ ! -f "$f" ] || printf 'archive\\t%s\\t%s\\n' "$f" "$(stat -c %s -- "$f")"
done`;

async function readHost(host: Host, signal: AbortSignal): Promise<readonly BackupListing[]> {
  const { code, stdout, stderr } = await host.run(script, { title: 'list backups', signal });
  if (code !== 0)
    throw new StoppedError(`its backups cannot be listed: ${stderr.trim()}`, { node: host.node, remedy: `look at ${snapshotsDirectory}` });
  const lines = stdout.split('\n').map((line) => line.split('\t'));
  const of = (kind: string): readonly (readonly [string, string])[] =>
    lines.flatMap(([word, file = '', rest = '']) => (word === kind ? [[file, rest] as const] : []));
  const archives = new Map(of('archive').map(([file, bytes]) => [file, Number(bytes)]));
  return readShelf(host.node, { records: new Map(of('record')), checks: new Map(), archives });
}

/** Backups on every control plane that answers. */
export async function readHostShelves({ cluster, hosts, signal }: Pick<Session, 'cluster' | 'hosts' | 'signal'>): Promise<{
  readonly backups: readonly BackupListing[];
  readonly failures: readonly KclusterError[];
}> {
  const asked = nodesWithRole(cluster, 'control-plane').flatMap(({ name }) => hosts.get(name) ?? []);
  const answers = await Promise.all(
    asked.map((host) =>
      readHost(host, signal).catch((error: unknown) => {
        if (error instanceof KclusterError) return error;
        throw error;
      }),
    ),
  );
  return {
    backups: answers.flatMap((answer) => (answer instanceof KclusterError ? [] : answer)),
    failures: answers.filter((answer) => answer instanceof KclusterError),
  };
}
