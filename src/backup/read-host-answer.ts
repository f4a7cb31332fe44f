import type { BackupCopy, BackupHost, BackupRun, StoredBackup } from '../cluster/backup-status.ts';
import type { NodeName } from '../cluster/cluster.ts';

/** `20261126T150000Z` as everybody else writes it. */
export function timeOfStamp(stamp: string): string {
  return stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
}

/** `Thu 2026-11-26 16:00:00 UTC`, which systemd leaves empty when there is no such time. */
function timeOfSystemd(text: string | undefined): string | undefined {
  const match = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text ?? '');
  return match === null ? undefined : `${match[1]}T${match[2]}Z`;
}

function readBackup([name = '', stamp = '', good, bytes]: readonly string[]): StoredBackup {
  return { name, takenAt: timeOfStamp(stamp), sizeBytes: Number(bytes ?? 0), verified: good === '1' };
}

function readRun(status: ReadonlyMap<string, string>): BackupRun | undefined {
  const result = status.get('result');
  if (result !== 'ok' && result !== 'other' && result !== 'failed') return undefined;
  const [error, by] = [status.get('error') ?? '', status.get('by') ?? ''];
  return {
    result,
    startedAt: status.get('started') ?? '',
    endedAt: status.get('ended') ?? '',
    ...(error === '' ? {} : { error }),
    ...(by === '' ? {} : { by }),
    failures: Number(status.get('failures') ?? 0),
  };
}

function readCopies(status: ReadonlyMap<string, string>): readonly BackupCopy[] {
  return [...status]
    .filter(([key]) => key.startsWith('target'))
    .map(([, value]) => {
      const [result, place = '', at = '', error] = value.split('\t');
      return { place, ok: result === 'ok', at, ...(error === undefined ? {} : { error }) };
    });
}

/** Lines `timer|status <tab> KEY=VALUE` and `backup <tab> …` as the script in src/app/read-backup-hosts.ts prints them. */
export function readHostAnswer(node: NodeName, answer: string): BackupHost {
  const maps = { timer: new Map<string, string>(), status: new Map<string, string>() };
  const backups: StoredBackup[] = [];
  for (const line of answer.split('\n')) {
    const [kind = '', ...rest] = line.split('\t');
    const text = rest.join('\t');
    if (kind === 'backup') backups.push(readBackup(rest));
    if (kind === 'timer' || kind === 'status') maps[kind].set(text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1));
  }
  const isThere = maps.timer.get('LoadState') === 'loaded';
  const [next, lastTrigger] = [timeOfSystemd(maps.timer.get('NextElapseUSecRealtime')), timeOfSystemd(maps.timer.get('LastTriggerUSec'))];
  const lastRun = readRun(maps.status);
  return {
    node,
    timer: isThere ? (maps.timer.get('ActiveState') ?? 'unknown') : 'not found',
    ...(next === undefined ? {} : { next }),
    ...(lastTrigger === undefined ? {} : { lastTrigger }),
    ...(lastRun === undefined ? {} : { lastRun }),
    copies: readCopies(maps.status),
    backups: backups.toSorted((a, b) => (a.takenAt < b.takenAt ? 1 : -1)),
  };
}
