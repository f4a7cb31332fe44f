import { describe, expect, test } from 'vitest';
import {
  judgeDomain,
  judgeEndpoint,
  judgeHost,
  judgeHostKey,
  judgeJump,
  judgeKubernetesVersion,
  judgeLabelKey,
  judgeLabelValue,
  judgeNodeName,
  judgePath,
  judgeRange,
  judgeSubjectAlternativeName,
  patterns,
  splitHostPort,
} from '../../src/inventory/syntax.ts';

const hostile = ['a b', 'a;b', 'a$(b)', 'a`b`', 'a"b', "a'b", 'a|b', 'a&b', 'a>b', 'a\\b', 'a%b', 'a\nb', '../a', '-a', 'é'];
const x = (length: number): string => 'x'.repeat(length);

const table = [
  {
    judge: judgeNodeName,
    good: ['a', 'node-1', '1node', 'node-1.example.com', x(63), 'x--y'],
    bad: ['', x(64), 'Node', 'node_1', '-node', 'node-', '.node', 'node.', 'a..b', '10.0.0.1', '42', ...hostile],
  },
  {
    judge: judgeDomain,
    good: ['cluster.local', 'local', 'a-b.c', `${x(63)}.local`],
    bad: ['', `${x(64)}.local`, 'Cluster.local', 'cluster.local.', '.local', Array(130).fill('ab').join('.'), ...hostile],
  },
  {
    judge: judgeHost,
    good: ['192.0.2.1', '2001:db8::1', '::1', 'host', 'Host.Example.COM', 'host-1.example.com'],
    bad: [
      '',
      '192.0.2',
      '192.0.2.256',
      '192.0.2.01',
      '1',
      'fe80::1%eth0',
      '2001:db8::1::',
      '[::1]',
      'host:22',
      'host_1',
      x(64),
      ...hostile,
    ],
  },
  {
    judge: judgeSubjectAlternativeName,
    good: ['host.example.com', '*.example.com', '192.0.2.1', '2001:db8::1'],
    bad: ['*', '*.', 'a.*.com', '**.example.com', ...hostile],
  },
  {
    judge: judgeRange,
    good: ['10.244.0.0/16', '0.0.0.0/0', '192.0.2.1/32', 'fd00::/8', '2001:DB8::/32', 'fd00:0:0::/48'],
    bad: ['', '10.0.0.0', '10.0.0.0/33', '10.0.0.1/8', 'fd00::1/64', 'fd00::/129', '010.0.0.0/8', '10.0.0.0/08', 'host/8', ...hostile],
  },
  {
    judge: judgeKubernetesVersion,
    good: ['1.35.0', '1.36.9', '1.37.1', 'v1.37.1', '1.37.0-rc.1'],
    bad: [
      '',
      '1',
      '1.37',
      'v1.37',
      '1.34.9',
      '1.38.0',
      '2.35.0',
      '1.37.1.0',
      'latest',
      '1.37.x',
      ' 1.37.1',
      '1.37.1 ',
      '=1.37.1',
      '1.37.1+build',
      ...hostile,
    ],
  },
  {
    judge: judgeLabelKey,
    good: ['rack', 'example.com/rack', 'a.b/c_d-e.F', x(63), `example.com/${x(63)}`],
    bad: ['', '/', 'a/', '/a', 'a/b/c', 'Example.com/a', '_a', 'a_', x(64), ...hostile.filter((text) => text !== '../a'), '../a'],
  },
  { judge: judgeLabelValue, good: ['', 'a', 'A.b_c-d', x(63)], bad: ['-a', 'a-', x(64), 'a/b', ...hostile] },
  {
    judge: judgeEndpoint,
    good: ['host:6443', 'host', '192.0.2.1', '192.0.2.1:443', '[2001:db8::1]:443', '[2001:db8::1]', '2001:db8::1'],
    bad: ['', ':6443', 'host:', 'host:0', 'host:65536', 'host:x', '2001:db8::1]:443', '[host]:', 'https://host:6443', ...hostile],
  },
  {
    judge: judgeJump,
    good: ['host', 'me@host', 'me@host:2222', 'me@[2001:db8::1]:22', 'a@b,c@d:22', '192.0.2.1'],
    bad: ['', '@host', 'me@', 'me@host:99999', 'a b@host', '-oProxyCommand=x', 'me@-host', ...hostile],
  },
  { judge: judgePath, good: ['key', '~/.ssh/id', '/a b/c', './x', 'https://mirror.example.com'], bad: ['', '-key', '-oProxyCommand=x'] },
];

describe.each(table.map((row) => ({ ...row, name: row.judge.name })))('$name', ({ judge, good, bad }) => {
  test.each(good)('accepts %j', (text) => {
    expect(judge(text)).toBeUndefined();
  });

  test.each(bad)('refuses %j and shows it', (text) => {
    expect(judge(text)).toContain(text === '' ? '""' : JSON.stringify(text).slice(0, 10).replace(/"$/, '').slice(1));
  });
});

const patternTable: [keyof typeof patterns, string[], string[]][] = [
  ['clusterName', ['a', 'prod-1', '1a'], ['', 'A', 'a.b', '-a', 'a-', x(64), ...hostile]],
  ['user', ['root', 'ops', '_svc', 'Admin.x-1'], ['', '1a', 'a@b', '-a', x(65), ...hostile]],
  ['flag', ['v', 'feature-gates', 'a1'], ['', '--v', 'V', 'a=b', 'a_b', ...hostile]],
  ['environmentName', ['PATH', '_x', 'a1'], ['', '1a', 'A-B', 'A=B', ...hostile]],
  ['componentVersion', ['1.3.4', 'v1.3.4', '3.10', '1.3.0-rc.1'], ['', '1', '1.2.3.4', 'latest', '1.3.0-', ...hostile]],
  ['preflightName', ['swap', 'Port-6443', 'host/swap'], ['', '/a', ...hostile]],
];

describe.each(patternTable)('pattern %s', (name, good, bad) => {
  test.each(good)('matches %j', (text) => expect(patterns[name].test(text)).toBe(true));
  test.each(bad)('does not match %j', (text) => expect(patterns[name].test(text)).toBe(false));
});

describe('explanations', () => {
  test.each([
    [judgeNodeName, 'CP-1', 'write "cp-1"'],
    [judgeHost, '192.0.2.010', 'leading zeros may mean octal'],
    [judgeHost, 'fe80::1%eth0', 'zones such as %eth0'],
    [judgeRange, '10.244.0.0', 'the prefix length is missing'],
    [judgeRange, '10.244.7.0/16', 'the range is written "10.244.0.0/16"'],
    [judgeRange, '010.0.0.0/8', 'leading zeros may mean octal'],
    [judgeKubernetesVersion, '1.37', 'all three numbers in quotes, such as "1.37.1"'],
    [judgeKubernetesVersion, '1.36', 'all three numbers in quotes, such as "1.36.0"'],
    [judgeKubernetesVersion, '1.30', 'all three numbers in quotes, such as "1.37.1"'],
    [judgeKubernetesVersion, '1.30.4', 'installs 1.35, 1.36, 1.37'],
    [judgeJump, 'a,,b', '"" is not a jump host'],
    [judgeJump, 'a@b,', '"" is not a jump host'],
    [judgeJump, 'good@host,bad host', '"bad host" is not a jump host'],
  ])('%o of %j says what to do', (judge, text, explanation) => {
    expect(judge(text)).toContain(explanation);
  });
});

describe('judgeHostKey', () => {
  const blob = (type: string): string => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(type.length);
    return Buffer.concat([length, Buffer.from(type), Buffer.alloc(36, 7)]).toString('base64');
  };

  test.each(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'])('accepts %s, with or without a comment', (type) => {
    expect(judgeHostKey(`${type} ${blob(type)}`)).toBeUndefined();
    expect(judgeHostKey(`${type} ${blob(type)} root@node`)).toBeUndefined();
  });

  test.each([
    ['another type inside', `ssh-ed25519 ${blob('ssh-rsa')}`],
    ['a cut blob', `ssh-ed25519 ${blob('ssh-ed25519').slice(0, 20)}`],
    ['no blob', 'ssh-ed25519'],
    ['stray characters', `ssh-ed25519 ${blob('ssh-ed25519')}!`],
    ['a fingerprint', 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU'],
    ['a certificate', `ssh-ed25519-cert-v01@openssh.com ${blob('ssh-ed25519-cert-v01@openssh.com')}`],
  ])('refuses %s', (_title, text) => {
    expect(judgeHostKey(text)).toContain('is not a public host key');
  });
});

test.each([
  ['host', { host: 'host', port: undefined }],
  ['host:22', { host: 'host', port: 22 }],
  ['2001:db8::22', { host: '2001:db8::22', port: undefined }],
  ['[2001:db8::22]:1', { host: '2001:db8::22', port: 1 }],
  ['host:022', { host: 'host', port: 22 }],
  ['host:0', undefined],
])('splitHostPort(%j)', (text, parts) => {
  expect(splitHostPort(text)).toEqual(parts);
});
