import type { BackupTarget, Cluster, Node } from '../cluster/cluster.ts';
import { type Cron, parseCron, shortestGapMinutes } from '../cluster/cron.ts';
import { onCalendar } from '../cluster/on-calendar.ts';
import type { Description } from '../engine/description.ts';
import type { FileResource, Resource } from '../engine/resource.ts';
import { InternalError } from '../errors.ts';
import { shellQuote } from '../render/shell-quote.ts';
import type { Render } from '../render/templates.ts';
import type { Describe } from './component.ts';
import { etcdNodes } from './etcd.ts';
import { byproduct, directory, programs, textFile, unitPath } from './parts.ts';
import { urlOf } from './url.ts';

export const backupTimer = 'kcluster-backup.timer';
export const backupService = 'kcluster-backup.service';
/** What the scheduled run reads; only root may. */
export const backupDirectory = '/etc/kcluster/backup';
/** Backups of a host. */
export const snapshotsDirectory = '/var/lib/kcluster/snapshots';
/** What the last run of a host says of itself. */
export const backupStatusPath = `${snapshotsDirectory}/.status`;

const scripts = ['make-backup.sh', 'run-backup.sh', 'places.sh', 'list-place.sh', 'retention.awk', 'slot.awk'];
const at = (name: string): string => `${backupDirectory}/${name}`;

function cronOf(schedule: string): Cron {
  const cron = parseCron(schedule);
  if (typeof cron === 'string') throw new InternalError(`the inventory passed its checks with the schedule ${schedule}: ${cron}`);
  return cron;
}

/** Client URLs of all members: whoever makes a backup chooses among them. */
function endpointsOf(cluster: Cluster): readonly string[] {
  return cluster.etcd.given?.endpoints ?? etcdNodes(cluster).map((member) => urlOf('https', member.internalAddress, 2379));
}

function settingsOf(cluster: Cluster, node: Node, cron: Cron): string {
  const { keep, encryptTo, webhook = '', metrics = '' } = cluster.etcd.snapshots;
  const values = {
    CLUSTER: cluster.name,
    NODE: node.name,
    ENDPOINTS: endpointsOf(cluster).join(','),
    RECIPIENTS: encryptTo.join(' '),
    INVENTORY: at('inventory.yaml'),
    MINUTES: cron.minutes.join(','),
    HOURS: cron.hours.join(','),
    DAYS: cron.days.join(','),
    MONTHS: cron.months.join(','),
    WEEKDAYS: cron.weekdays.join(','),
    EITHER: cron.either ? 'yes' : 'no',
    RECENT_SECONDS: String(shortestGapMinutes(cron) * 90),
    KEEP_LAST: String(keep.last),
    KEEP_DAILY: String(keep.daily),
    KEEP_WEEKLY: String(keep.weekly),
    KEEP_MONTHLY: String(keep.monthly),
    METRICS: metrics,
    WEBHOOK: webhook,
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value === '' ? "''" : shellQuote(value)}\n`);
  return `# Written by kcluster; read by run-backup.sh and make-backup.sh.\n${lines.join('')}`;
}

type Named =
  | Extract<BackupTarget, { kind: 'directory' }>
  | Pick<Extract<BackupTarget, { kind: 'ssh' }>, 'kind' | 'user' | 'host' | 'port' | 'path'>
  | Pick<Extract<BackupTarget, { kind: 's3' }>, 'kind' | 'bucket' | 'prefix'>;

/** How a place is named in messages: as in the inventory. */
export function placeOf(target: Named): string {
  if (target.kind === 'directory') return target.path;
  if (target.kind === 's3') return `s3://${target.bucket}${target.prefix === '' ? '' : `/${target.prefix}`}`;
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `ssh://${target.user}@${host}${target.port === 22 ? '' : `:${target.port}`}${target.path}`;
}

const secretFileOf = (kind: 'ssh' | 's3', index: number): string => `target-${index}.${kind === 'ssh' ? 'key' : 'credentials'}`;

function fieldsOf(target: BackupTarget, index: number): readonly string[] {
  if (target.kind === 'directory') return [target.path];
  const secret = secretFileOf(target.kind, index);
  if (target.kind === 'ssh') return [target.user, target.host, String(target.port), target.path, secret];
  return [target.endpoint, target.bucket, target.prefix, target.region, secret];
}

/** A line a place: its name, its kind and what its kind takes; an empty field would join its neighbours. */
function targetsOf(targets: readonly BackupTarget[]): string {
  const words = targets.map((target, index) => [placeOf(target), target.kind, ...fieldsOf(target, index)].map((word) => word || '-'));
  return words.map((line) => `${line.join('\t')}\n`).join('');
}

function knownHostsOf(targets: readonly BackupTarget[]): string {
  const lines = targets.flatMap((target) =>
    target.kind === 'ssh' ? [`${target.port === 22 ? target.host : `[${target.host}]:${target.port}`} ${target.hostKey}\n`] : [],
  );
  return [...new Set(lines)].join('');
}

/** They change when the operator's files do. */
function secretFiles(targets: readonly BackupTarget[]): readonly FileResource[] {
  const root = { mode: 0o600, owner: 'root', group: 'root', replaceable: true } as const;
  return [
    { kind: 'file', path: at('inventory.yaml'), content: { secret: 'backup-inventory' }, ...root },
    ...targets.flatMap(({ kind }, index): readonly FileResource[] =>
      kind === 'directory'
        ? []
        : [{ kind: 'file', path: at(secretFileOf(kind, index)), content: { secret: `backup-target-${index}` }, ...root }],
    ),
  ];
}

const maxDelaySeconds = 300;

function units(cluster: Cluster, cron: Cron, render: Render): readonly Resource[] {
  const { copyTo, metrics } = cluster.etcd.snapshots;
  const written = [
    ...copyTo.flatMap((target) => (target.kind === 'directory' ? [target.path] : [])),
    ...(metrics === undefined ? [] : [metrics]),
  ];
  // Hosts are apart, and still far from the next run.
  const delaySeconds = Math.min(maxDelaySeconds, Math.floor((shortestGapMinutes(cron) * 60) / 10));
  const timer = textFile(unitPath(backupTimer), () =>
    render(`backup/${backupTimer}`, { schedule: cron.text, calendar: onCalendar(cron), delaySeconds }),
  );
  const service = textFile(unitPath(backupService), () => render(`backup/${backupService}`, { written: [...new Set(written)] }));
  return [timer, service, { kind: 'unit', unit: backupTimer, inputs: [timer.path] }];
}

function scheduled(cluster: Cluster, node: Node, cron: Cron, render: Render): readonly Resource[] {
  const { copyTo, metrics } = cluster.etcd.snapshots;
  const files = [
    textFile(at('settings'), () => settingsOf(cluster, node, cron)),
    textFile(at('targets'), () => targetsOf(copyTo)),
    textFile(at('known_hosts'), () => knownHostsOf(copyTo)),
    ...scripts.map((name) => textFile(at(name), () => render(`backup/${name}`, {}))),
    ...secretFiles(copyTo),
  ];
  const names = files.map(({ path }) => path.slice(backupDirectory.length + 1));
  return [
    directory(backupDirectory, { mode: 0o700 }),
    directory(snapshotsDirectory, { mode: 0o700 }),
    byproduct('file', backupStatusPath),
    ...(metrics === undefined ? [] : [byproduct('file', `${metrics}/kcluster_backup.prom`)]),
    ...files,
    { kind: 'only', path: backupDirectory, names },
    ...units(cluster, cron, render),
  ];
}

/** Whatever an earlier inventory scheduled ends; backups stay. */
const unscheduled: readonly Resource[] = [
  { kind: 'unit-gone', unit: backupTimer },
  { kind: 'gone', path: unitPath(backupTimer) },
  { kind: 'gone', path: unitPath(backupService) },
  { kind: 'only', path: backupDirectory, names: [] },
];

/** Backups that control planes make by themselves, and what encrypts those that are made by hand. */
export const describeBackup: Describe = (cluster, node, placement, render): Description => {
  const { schedule, encryptTo } = cluster.etcd.snapshots;
  const { binaries, links } = programs('age', placement.versions.age, ['age']);
  return {
    component: 'backup',
    install: encryptTo.length === 0 ? [] : [...binaries, ...links],
    run: schedule === undefined ? unscheduled : scheduled(cluster, node, cronOf(schedule), render),
    ...(schedule === undefined ? {} : { unit: backupTimer }),
    health: [],
    ports: [],
  };
};
