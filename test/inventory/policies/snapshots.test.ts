import { describe, expect, test } from 'vitest';
import { clusterOf, problemsOf } from '../sample.ts';

const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEqCIX8s1ZFZv9pv7yxvFVdxSz2iJRHZW3WgiPvYJqGl';
const ssh = { url: 'ssh://Backup@NAS.example.com/srv/etcd', identityFile: 'keys/backup', hostKey: `${hostKey} root@nas` };
const s3 = { url: 's3://backups/prod', endpoint: 'https://s3.example.com/', credentialsFile: '~/s3' };
const problemsWith = (snapshots: object): string[] => problemsOf({ cluster: { etcd: { snapshots } } });
const at = 'error cluster.etcd.snapshots';

describe('good', () => {
  test.each<[string, object]>([
    ['nothing of it', {}],
    ['a schedule alone', { schedule: '@daily' }],
    [
      'all of it',
      { schedule: '30 3 * * *', keep: { last: 3, daily: 0 }, copyTo: ['/srv/a', { url: '/srv/b' }, ssh, { ...s3, region: 'eu-1' }] },
    ],
    ['keys without a schedule, for snapshots by hand', { encryptTo: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'] }],
  ])('%s', (_, snapshots) => {
    expect(problemsWith(snapshots)).toEqual([]);
  });
});

describe('wrong', () => {
  const { identityFile: _, ...withoutKey } = ssh;
  test.each<[string, object, readonly string[]]>([
    [
      'a schedule',
      { schedule: '0 0 L * *' },
      [`${at}.schedule: day of the month "L" uses "L", which is not understood; list the values instead`],
    ],
    ['keeping none', { keep: { last: 0 } }, [expect.stringContaining(`${at}.keep.last`)]],
    [
      'ssh as a text',
      { schedule: '@daily', copyTo: [ssh.url] },
      [`${at}.copyTo[0]: a target of kind ssh needs identityFile and hostKey beside its url; write a mapping`],
    ],
    [
      'ssh without a key',
      { schedule: '@daily', copyTo: [withoutKey] },
      [`${at}.copyTo[0]: a target of kind ssh needs identityFile beside its url; write a mapping`],
    ],
    [
      's3 with what is for ssh',
      { schedule: '@daily', copyTo: [{ ...s3, identityFile: 'x' }] },
      [`${at}.copyTo[0].identityFile: means nothing for a target of kind s3; leave it out`],
    ],
    [
      'a directory with a region',
      { schedule: '@daily', copyTo: [{ url: '/srv', region: 'a' }] },
      [`${at}.copyTo[0].region: means nothing for a directory; leave it out`],
    ],
    ['a place twice', { schedule: '@daily', copyTo: ['/srv/a', '/srv/a/'] }, [`${at}.copyTo[1]: /srv/a is listed twice`]],
    [
      'copies without a schedule',
      { copyTo: ['/srv/a'] },
      ['warning cluster.etcd.snapshots: nothing is copied or reported without schedule: backups are made by hand only'],
    ],
  ])('%s', (_, snapshots, problems) => {
    expect(problemsWith(snapshots)).toEqual(problems);
  });
});

test('what it says is what hosts get', () => {
  const snapshots = {
    schedule: '@daily',
    keep: { last: 2 },
    copyTo: ['/srv/a/', ssh, s3],
    webhook: 'https://alerts.example.com/hook',
    metrics: '/var/lib/node_exporter/',
  };
  expect(clusterOf({ cluster: { etcd: { snapshots } } }).etcd.snapshots).toEqual({
    schedule: '@daily',
    keep: { last: 2, daily: 7, weekly: 4, monthly: 6 },
    copyTo: [
      { kind: 'directory', path: '/srv/a' },
      { kind: 'ssh', user: 'Backup', host: 'nas.example.com', port: 22, path: '/srv/etcd', identityFile: 'keys/backup', hostKey },
      { kind: 's3', bucket: 'backups', prefix: 'prod', endpoint: 'https://s3.example.com', region: 'us-east-1', credentialsFile: '~/s3' },
    ],
    encryptTo: [],
    webhook: 'https://alerts.example.com/hook',
    metrics: '/var/lib/node_exporter',
  });
});
