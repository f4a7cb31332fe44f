import { describe, expect, test } from 'vitest';
import { placeOf } from '../../src/components/backup.ts';
import type { Resource } from '../../src/engine/resource.ts';
import { apart, describeOne, sample, three } from './sample.ts';

const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfA6DOOGyFgKsT4sANBXzyJ2uZBCWnYh3Xp4JBD0H6R';
const ssh = (url: string) => ({ url, identityFile: 'key', hostKey });
const s3 = { url: 's3://bucket', endpoint: 'https://s3.example.com', credentialsFile: 's3' };
const at = (name: string): string => `/etc/kcluster/backup/${name}`;
const clusterWith = (snapshots: object, nodes = three) => sample(nodes, { etcd: { snapshots } });

function textAt(run: readonly Resource[], path: string): string {
  const file = run.find((resource) => resource.kind === 'file' && resource.path === path);
  if (file?.kind !== 'file' || !('text' in file.content)) throw new Error(`no text at ${path}`);
  return file.content.text;
}
const runOf = (snapshots: object, node = 'a') => describeOne(clusterWith(snapshots), node, 'backup').run;

describe('a schedule', () => {
  test('says for each host who it is, and whom to ask', () => {
    const settings = textAt(runOf({ schedule: '@daily' }, 'b'), at('settings'));
    expect(settings).toContain('NODE=b\n');
    expect(settings).toContain('ENDPOINTS=https://192.0.2.1:2379,https://192.0.2.2:2379,https://192.0.2.3:2379\n');
    expect(settings).toContain("RECIPIENTS=''\n");
    expect(settings).toContain('HOURS=0\n');
  });

  test('asks members wherever they are', () => {
    const external = sample(apart, { etcd: { topology: 'external', snapshots: { schedule: '@daily' } } });
    const { run } = describeOne(external, 'cp', 'backup');
    expect(textAt(run, at('settings'))).toContain('ENDPOINTS=https://192.0.2.21:2379,https://192.0.2.22:2379,https://192.0.2.23:2379\n');
    expect(run).toContainEqual({ kind: 'unit', unit: 'kcluster-backup.timer', inputs: ['/etc/systemd/system/kcluster-backup.timer'] });
  });

  test.each([
    ['* * * * *', 6],
    ['*/20 * * * *', 120],
    ['@hourly', 300],
    ['@monthly', 300],
  ])('of %s keeps hosts apart by at most %i seconds', (schedule, seconds) => {
    expect(textAt(runOf({ schedule }), '/etc/systemd/system/kcluster-backup.timer')).toContain(`RandomizedDelaySec=${seconds}\n`);
  });

  test('with either day has a line for each', () => {
    const timer = textAt(runOf({ schedule: '0 3 13 * fri' }), '/etc/systemd/system/kcluster-backup.timer');
    expect(timer.match(/^OnCalendar=.*$/gm)).toEqual(['OnCalendar=*-*-13 03:00:00 UTC', 'OnCalendar=Fri *-*-* 03:00:00 UTC']);
  });

  test('is root’s alone', () => {
    const files = runOf({ schedule: '@daily', copyTo: [ssh('ssh://b@nas/x'), s3] }).filter(
      (resource) => resource.kind === 'file' && resource.path.startsWith('/etc/kcluster/'),
    );
    expect(files.filter((file) => file.kind !== 'file' || file.mode !== 0o600 || file.owner !== 'root')).toEqual([]);
    expect(files.flatMap((file) => (file.kind === 'file' && 'secret' in file.content ? [file.content.secret] : []))).toEqual([
      'backup-inventory',
      'backup-target-0',
      'backup-target-1',
    ]);
  });
});

test('targets keep their fields apart, and their keys are pinned', () => {
  const run = runOf({ schedule: '@daily', copyTo: ['/srv/a', ssh('ssh://b@nas/x'), ssh('ssh://b@[2001:db8::1]:2222/y'), s3] });
  expect(textAt(run, at('targets')).split('\n')).toEqual([
    '/srv/a\tdirectory\t/srv/a',
    'ssh://b@nas/x\tssh\tb\tnas\t22\t/x\ttarget-1.key',
    'ssh://b@[2001:db8::1]:2222/y\tssh\tb\t2001:db8::1\t2222\t/y\ttarget-2.key',
    's3://bucket\ts3\thttps://s3.example.com\tbucket\t-\tus-east-1\ttarget-3.credentials',
    '',
  ]);
  expect(textAt(run, at('known_hosts'))).toBe(`nas ${hostKey}\n[2001:db8::1]:2222 ${hostKey}\n`);
  const service = textAt(run, '/etc/systemd/system/kcluster-backup.service');
  expect(service.match(/^ReadWritePaths=.*$/gm)).toEqual(['ReadWritePaths=/var/lib/kcluster', 'ReadWritePaths=-/srv/a']);
});

test('without a schedule an earlier one ends', () => {
  const { run, install, unit } = describeOne(clusterWith({}), 'a', 'backup');
  expect([install, unit]).toEqual([[], undefined]);
  expect(run.map(({ kind }) => kind)).toEqual(['unit-gone', 'gone', 'gone', 'only']);
});

test('age comes with a key to encrypt to, whether or not there is a schedule', () => {
  const encryptTo = ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'];
  expect(describeOne(clusterWith({ encryptTo }), 'a', 'backup').install).toEqual([
    expect.objectContaining({ kind: 'binary', component: 'age', name: 'age' }),
    expect.objectContaining({ kind: 'link', path: '/opt/kcluster/bin/age' }),
  ]);
  expect(textAt(runOf({ encryptTo, schedule: '@daily' }), at('settings'))).toContain(`RECIPIENTS=${encryptTo[0]}\n`);
});

test('a place is called as the inventory calls it', () => {
  const urls = ['/srv/a', 'ssh://b@nas:2200/x', 's3://bucket/some/where'];
  const copyTo = urls.map((url) => (url.startsWith('ssh') ? ssh(url) : url.startsWith('s3') ? { ...s3, url } : url));
  expect(clusterWith({ schedule: '@daily', copyTo }).etcd.snapshots.copyTo.map(placeOf)).toEqual(urls);
});
