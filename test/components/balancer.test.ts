import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeOne, placementOf, resources, sample, textOf, three } from './sample.ts';

const run = promisify(execFile);
const configPath = '/etc/kcluster/haproxy.cfg';
const unitPath = '/etc/systemd/system/kcluster-balancer.service';
const caFile = '/etc/kubernetes/pki/ca.crt';

const balancer = (cluster = sample(), node = 'n1') => describeOne(cluster, node, 'balancer');
const config = (cluster = sample(), node = 'n1'): string => textOf(balancer(cluster, node), configPath);

/** Directives below the head of a section, in their order. */
function section(text: string, head: string): readonly string[] {
  const lines = text.split('\n');
  const start = lines.indexOf(head);
  if (start < 0) throw new RangeError(`no ${head}`);
  const length = lines.slice(start + 1).findIndex((line) => line !== '' && !line.startsWith(' '));
  return lines
    .slice(start + 1, length < 0 ? undefined : start + 1 + length)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const serversOf = (text: string, backend: string) => section(text, backend).filter((line) => line.startsWith('server '));

const sixes = [{ name: 'n1', address: '2001:db8::1', roles: ['control-plane', 'worker'] }];
const six = sample(sixes, { network: { podCIDR: 'fd00:10:244::/48', serviceCIDR: 'fd00:10:96::/112' } });

const many = (workers: number) =>
  sample(
    [
      { name: 'cp', address: '10.0.255.1', roles: ['control-plane'] },
      ...Array.from({ length: workers }, (_, index) => ({
        name: `w${index}`,
        address: `10.1.${index >> 8}.${index & 255}`,
        roles: ['worker'],
      })),
    ],
    { network: { podCIDR: '172.16.0.0/12' } },
  );

describe('API servers that are absent', () => {
  const cluster = sample(three);
  const absence = { since: '2026-01-01T00:00:00Z', held: {}, misses: [] };
  const without = (...names: readonly string[]): readonly string[] => {
    const placement = placementOf(cluster, { absences: new Map(names.map((name) => [name, absence])) });
    const text = textOf(describeOne(cluster, 'w', 'balancer', placement), configPath);
    return serversOf(text, 'backend ready').map((line) => line.split(' ')[1] ?? '');
  };

  test.each([
    [[], ['a', 'b', 'c']],
    [['b'], ['a', 'c']],
    [['w'], ['a', 'b', 'c']],
    [
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ],
  ])('%j: left out, unless nobody would be left', (absent, left) => {
    expect(without(...absent)).toEqual(left);
  });
});

describe('the configuration', () => {
  test.each([
    ['one control plane', sample(), 'n1', ['server n1 192.0.2.1:6443']],
    ['three, by name', sample(three), 'w', ['server a 192.0.2.1:6443', 'server b 192.0.2.2:6443', 'server c 192.0.2.3:6443']],
    ['an IPv6 address', six, 'n1', ['server n1 [2001:db8::1]:6443']],
    [
      'the address that components use, not the one for SSH',
      sample([{ name: 'n1', address: '192.0.2.1', internalAddress: '198.51.100.1', roles: ['control-plane'] }]),
      'n1',
      ['server n1 198.51.100.1:6443'],
    ],
  ])('has behind it: %s', (_, cluster, node, expected) => {
    expect(serversOf(config(cluster, node), 'backend ready')).toEqual(expected);
    expect(serversOf(config(cluster, node), 'backend any')).toEqual(expected);
  });

  test('is the same on every node', () => {
    const cluster = sample(three);
    for (const node of ['b', 'c', 'w']) expect(config(cluster, node)).toBe(config(cluster, 'a'));
  });

  test.each(['frontend apiserver', 'frontend health'])('%s listens on loopback only', (frontend) => {
    const binds = section(config(sample(three), 'w'), frontend).filter((line) => line.startsWith('bind '));
    expect(binds).toEqual([expect.stringMatching(/^bind 127\.0\.0\.1:644[45]$/)]);
  });

  test('an API server is asked for its readiness under its name, by TLS that is verified', () => {
    const ready = section(config(), 'backend ready');
    expect(ready).toContain('http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host kubernetes');
    expect(ready).toContain('http-check expect status 200');
    const server = ready.find((line) => line.startsWith('default-server '));
    expect(server).toContain(`check check-ssl verify required ca-file ${caFile} check-sni kubernetes verifyhost kubernetes`);
    expect(config()).not.toContain('verify none');
  });

  test('while none is ready, any is asked without a check', () => {
    expect(section(config(), 'frontend apiserver')).toEqual([
      'bind 127.0.0.1:6444',
      'use_backend ready if { nbsrv(ready) gt 0 }',
      'default_backend any',
    ]);
    expect(section(config(), 'backend any').join('\n')).not.toContain('check');
  });

  test.each(['backend ready', 'backend any'])(
    '%s notices a vanished host, and leaves connections to a stopping server alone',
    (backend) => {
      const lines = section(config(), backend);
      expect(lines).toEqual(expect.arrayContaining(['option srvtcpka', 'srvtcpka-idle 5s', 'srvtcpka-intvl 2s', 'srvtcpka-cnt 3']));
      expect(lines.find((line) => line.startsWith('default-server '))).toContain('tcp-ut 10s');
      expect(lines.join('\n')).not.toContain('shutdown-sessions');
    },
  );

  test.each([
    [1, '1s'],
    [199, '1s'],
    [200, '2s'],
    [399, '2s'],
    [400, '4s'],
    [999, '8s'],
  ])(
    'with %i workers each server is checked every %s: at most 200 checks a second, and few steps as a cluster grows',
    (workers, interval) => {
      expect(config(many(workers), 'w0')).toContain(` inter ${interval} `);
    },
  );
});

describe('the component', () => {
  test('a changed server list or authority is a reload, a changed unit a restart', () => {
    expect(resources(balancer(), 'unit')).toEqual([
      { kind: 'unit', unit: 'kcluster-balancer.service', inputs: [unitPath, configPath, caFile], reloads: [configPath, caFile] },
    ]);
  });

  test('the account of the process can read its configuration', () => {
    expect(resources(balancer(), 'file').find(({ path }) => path === configPath)).toMatchObject({ mode: 0o644, owner: 'root' });
    expect(textOf(balancer(), unitPath)).toContain('\nDynamicUser=yes\n');
  });

  test('a reload checks the configuration before the process takes it', () => {
    const reloads = [...textOf(balancer(), unitPath).matchAll(/^ExecReload=(.*)$/gm)].map(([, command]) => command);
    expect(reloads).toEqual(['/usr/sbin/haproxy -Ws -c -q -f /etc/kcluster/haproxy.cfg', '/bin/kill -USR2 $MAINPID']);
  });

  test('its health is its own, and its ports are known to preflight', () => {
    expect(balancer().health).toEqual([{ component: 'balancer', url: 'http://127.0.0.1:6445/livez' }]);
    expect(balancer().ports.map(({ port, reach }) => [port, reach])).toEqual([
      [6444, 'host'],
      [6445, 'host'],
    ]);
  });
});

function hasHAProxy(): boolean {
  try {
    execFileSync('haproxy', ['-v']);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

describe.runIf(hasHAProxy())('HAProxy accepts the configuration of', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kcluster-haproxy-'));
    await writeFile(join(directory, 'ca.crt'), rootCertificates[0] ?? '');
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const check = async (text: string): Promise<string> => {
    const path = join(directory, 'haproxy.cfg');
    await writeFile(path, text.replaceAll(caFile, join(directory, 'ca.crt')));
    const { stdout, stderr } = await run('haproxy', ['-Ws', '-c', '-f', path]);
    return stdout + stderr;
  };

  test.each([
    ['one control plane', sample(), 'n1'],
    ['three control planes', sample(three), 'w'],
    ['IPv6', six, 'n1'],
  ])('%s, without a warning', async (_, cluster, node) => {
    expect(await check(config(cluster, node))).toBe('Configuration file is valid\n');
  });

  test('and would notice an unknown word', async () => {
    await expect(check(config().replace('balance random', 'balance fairly'))).rejects.toThrow(/balance/);
  });
});
