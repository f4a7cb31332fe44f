import { beforeAll, describe, expect, test } from 'vitest';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { issueAuthority } from '../../src/pki/issue-authority.ts';
import { certificateProbes } from '../../src/upgrade/certificate-check.ts';
import { sample, three } from '../components/sample.ts';
import { linesOf } from './situation.ts';

const cluster = sample(three);
const authorityPath = '/etc/kubernetes/pki/ca.crt';
const leafPath = '/etc/kubernetes/pki/apiserver.crt';
const begin = new Date('2026-01-01T00:00:00Z');
const after = (days: number): Date => new Date(begin.getTime() + days * 86_400_000);

/** Ends after a year, whatever it is of: only its end is looked at. */
let pem = '';
beforeAll(async () => {
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(7);
  ({ certificate: pem } = await issueAuthority({ commonName: 'x', days: 365, keyAlgorithm: 'ecdsa-p256' }, random, begin));
});

describe.each<readonly [string, string, readonly (readonly [number, readonly string[]])[]]>([
  [
    'an authority',
    authorityPath,
    [
      [180, []],
      [200, [`warning a: authority ${authorityPath} ends in 165 days`]],
      [340, [`error a: authority ${authorityPath} ends in 25 days`]],
      [400, [`error a: authority ${authorityPath} has ended`]],
    ],
  ],
  [
    'a leaf',
    leafPath,
    [
      [350, []],
      [360, [`warning a: certificate ${leafPath} ends in 5 days`]],
      [367, [`error a: certificate ${leafPath} has ended`]],
    ],
  ],
])('%s of a year', (_, path, cases) => {
  test.each(cases)('after %i days', (days, lines) => {
    const situation = { seen: { a: { contents: new Map([[path, pem]]) } }, now: after(days) };
    expect(linesOf('CertificateExpiry', cluster, situation)).toEqual(lines);
  });
});

test('in a kubeconfig, too', () => {
  const path = '/etc/kubernetes/scheduler.conf';
  const seen = { b: { kubeconfigCertificates: new Map([[path, pem]]) } };
  expect(linesOf('CertificateExpiry', cluster, { seen, now: after(363) })).toEqual([`warning b: certificate ${path} ends in 2 days`]);
});

test('what is none is for others to tell', () => {
  expect(linesOf('CertificateExpiry', cluster, { seen: { a: { contents: new Map([[leafPath, 'none']]) } } })).toEqual([]);
});

test('authorities are looked at on every host, keys on none', () => {
  const pathsOf = (name: string) =>
    certificateProbes(cluster, nodeNamed(cluster, name)).map((probe) => ('path' in probe ? probe.path : ''));
  expect(pathsOf('w')).toEqual([authorityPath]);
  expect(pathsOf('a')).toContain('/etc/kubernetes/pki/front-proxy-ca.crt');
  expect(pathsOf('a').filter((path) => !path.endsWith('.crt'))).toEqual([]);
});
