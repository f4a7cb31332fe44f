import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { issueStampPath } from '../../../src/engine/host-paths.ts';
import { issueStampOf } from '../../../src/engine/kinds/certificate.ts';
import type { KindContext } from '../../../src/engine/kinds/kind.ts';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import type { FileSeen, Observations } from '../../../src/engine/observation.ts';
import type { CertificateEntry, LeafRequest } from '../../../src/pki/certificate-table.ts';
import { type Issued, issueAuthority } from '../../../src/pki/issue-authority.ts';
import { issueLeaf } from '../../../src/pki/issue-leaf.ts';
import { contextWith, fileSeen, now, seenWith } from '../support/context.ts';

const request: LeafRequest = {
  id: 'etcd-server',
  ca: 'etcd',
  commonName: 'n1',
  organizations: [],
  usages: ['server'],
  names: ['n1'],
  addresses: ['10.0.0.1'],
  days: 365,
  keyAlgorithm: 'ecdsa-p256',
};
const [crt, key, conf] = ['/etc/etcd/pki/server.crt', '/etc/etcd/pki/server.key', '/etc/kubernetes/toy.conf'];
const pair: CertificateEntry = {
  request,
  files: [
    { path: crt, part: 'certificate', mode: 0o644, owner: 'etcd', group: 'etcd' },
    { path: key, part: 'key', mode: 0o600, owner: 'etcd', group: 'etcd' },
  ],
};
const kubeconfig: CertificateEntry = {
  request: { ...request, id: 'toy.conf' },
  files: [{ path: conf, part: 'kubeconfig', mode: 0o600, owner: 'root', group: 'root' }],
  kubeconfig: { server: 'https://127.0.0.1:6443', user: 'n1' },
};

let authority: Issued;
let other: Issued;
let certificate: string;
beforeAll(async () => {
  const make = (): Promise<Issued> => issueAuthority({ commonName: 'etcd', days: 3650, keyAlgorithm: 'ecdsa-p256' }, randomBytes, now);
  [authority, other] = await Promise.all([make(), make()]);
  certificate = (await issueLeaf(request, authority, randomBytes, now)).certificate;
});

const etcd = { owner: 'etcd', group: 'etcd' };
const pairFiles = (): Map<string, FileSeen> =>
  new Map([
    [crt, fileSeen(certificate, etcd)],
    [key, fileSeen('key', { ...etcd, mode: 0o600 })],
  ]);

/** A host on which the entry is as it was issued. */
function seenIssued(entry: CertificateEntry, files = pairFiles(), more: Partial<Observations> = {}): Observations {
  const stamp = [issueStampPath(entry), issueStampOf(entry, seenWith({ files }))] as const;
  return seenWith({
    files,
    contents: new Map([[crt, certificate], stamp]),
    kubeconfigCertificates: new Map([[conf, certificate]]),
    ...more,
  });
}
const context = (seen: Observations, more: Partial<KindContext> = {}): KindContext =>
  contextWith({ seen, authorities: new Map([['etcd', authority.certificate]]), ...more });
const planPair = (seen: Observations, more?: Partial<KindContext>, entry = pair) =>
  planResource({ kind: 'certificate', entry }, context(seen, more));

test('as it was issued: nothing to do', () => {
  expect(planPair(seenIssued(pair))).toEqual([]);
});

describe('issued again', () => {
  const days = (count: number): Date => new Date(now.getTime() + count * 24 * 60 * 60 * 1000);
  const without = (path: string): Map<string, FileSeen> => new Map([...pairFiles()].filter(([each]) => each !== path));
  const stampMissing = (): Observations => seenIssued(pair, pairFiles(), { contents: new Map([[crt, certificate]]) });

  test.each<readonly [string, string, () => readonly [Observations, Partial<KindContext>?, CertificateEntry?]]>([
    ['nothing is there', `${crt} is missing`, () => [seenWith({})]],
    ['the key is missing', `${key} is missing`, () => [seenIssued(pair, without(key))]],
    ['the certificate is missing', `${crt} is missing`, () => [seenIssued(pair, without(crt))]],
    ['its authority is still to be made', 'its authority is new', () => [seenIssued(pair), { authorities: new Map() }]],
    ['it is empty', 'holds no certificate', () => [seenIssued(pair, pairFiles(), { contents: new Map([[crt, '']]) })]],
    ['it was not read', 'holds no certificate', () => [seenIssued(pair, pairFiles(), { contents: new Map() })]],
    ['it is no certificate', 'is no readable certificate', () => [seenIssued(pair, pairFiles(), { contents: new Map([[crt, 'x']]) })]],
    [
      'another authority signed it',
      'not signed by the present authority (etcd)',
      () => [seenIssued(pair), { authorities: new Map([['etcd', other.certificate]]) }],
    ],
    ['it ends soon', 'expires in 20 days', () => [seenIssued(pair), { now: days(345) }]],
    ['it has ended', `expired on ${days(365).toISOString()}`, () => [seenIssued(pair), { now: days(365) }]],
    [
      'the node has another address',
      'address 10.0.0.2 missing, address 10.0.0.1 no longer wanted',
      () => [seenIssued(pair), {}, { ...pair, request: { ...request, addresses: ['10.0.0.2'] } }],
    ],
    ['it was never stamped', 'not known to be the one that was issued', () => [stampMissing()]],
    [
      'its key was swapped',
      'changed since it was issued',
      () => [{ ...seenIssued(pair), files: new Map([...pairFiles(), [key, fileSeen('another', { ...etcd, mode: 0o600 })]]) }],
    ],
  ])('%s', (_, why, make) => {
    const [seen, more, entry = pair] = make();
    expect(planPair(seen, more, entry)).toEqual([{ kind: 'issue', entry, why }]);
  });

  test('a renewal is due when fewer days are left than asked, not on that day', () => {
    expect(planPair(seenIssued(pair), { now: days(334) })).toEqual([]);
    expect(planPair(seenIssued(pair), { now: days(336) })).toHaveLength(1);
  });
});

test('attributes are set without issuing', () => {
  const files = new Map([
    [crt, fileSeen(certificate, { ...etcd, mode: 0o640 })],
    [key, fileSeen('key', { mode: 0o600 })],
  ]);
  expect(planPair(seenIssued(pair, files))).toEqual([
    { kind: 'attributes', path: crt, mode: 0o644, ...etcd, why: 'is 640 etcd:etcd' },
    { kind: 'attributes', path: key, mode: 0o600, ...etcd, why: 'is 600 root:root' },
  ]);
});

describe('a kubeconfig', () => {
  const files = (): Map<string, FileSeen> => new Map([[conf, fileSeen('a kubeconfig', { mode: 0o600 })]]);

  test('as it was issued, and edited by hand', () => {
    expect(planPair(seenIssued(kubeconfig, files()), {}, kubeconfig)).toEqual([]);
    const edited = { ...seenIssued(kubeconfig, files()), files: new Map([[conf, fileSeen('edited', { mode: 0o600 })]]) };
    expect(planPair(edited, {}, kubeconfig)).toEqual([{ kind: 'issue', entry: kubeconfig, why: 'changed since it was issued' }]);
  });

  test('for another API server', () => {
    const moved = { ...kubeconfig, kubeconfig: { server: 'https://10.0.0.9:6443', user: 'n1' } };
    expect(planPair(seenIssued(kubeconfig, files()), {}, moved)).toEqual([
      { kind: 'issue', entry: moved, why: 'not known to be the one that was issued' },
    ]);
  });

  test('without its certificate', () => {
    const seen = seenIssued(kubeconfig, files(), { kubeconfigCertificates: new Map([[conf, '']]) });
    expect(planPair(seen, {}, kubeconfig)).toEqual([{ kind: 'issue', entry: kubeconfig, why: 'holds no certificate' }]);
  });
});

test('keys are looked at, never read', () => {
  const probes = [pair, kubeconfig].flatMap((entry) => probesOf({ kind: 'certificate', entry }));
  expect(probes).toEqual([
    { kind: 'content', path: '/var/lib/kcluster/issued/etcd-server' },
    { kind: 'file', path: crt },
    { kind: 'content', path: crt },
    { kind: 'file', path: key },
    { kind: 'content', path: '/var/lib/kcluster/issued/toy.conf@127.0.0.1:6443' },
    { kind: 'file', path: conf },
    { kind: 'kubeconfig-certificate', path: conf },
  ]);
});
