import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { LeafRequest } from '../../src/pki/certificate-table.ts';
import { issueLeaf } from '../../src/pki/issue-leaf.ts';
import { judgeLeaf } from '../../src/pki/judge-leaf.ts';
import { daysAfter, now, sampleAuthority, sampleRequest } from './sample.ts';

const authority = await sampleAuthority();
const present = await issueLeaf(sampleRequest(), authority, randomBytes, now);

function judge(change: Partial<LeafRequest> = {}, at = now, renewBeforeDays = 30): readonly string[] {
  return judgeLeaf(present.certificate, sampleRequest(change), authority.certificate, at, renewBeforeDays);
}

test('a fresh certificate is good', () => {
  expect(judge()).toEqual([]);
});

test('the order of names, addresses, organizations and usages decides nothing', () => {
  const { names, addresses, organizations, usages } = sampleRequest();
  expect(
    judge({
      names: names.toReversed(),
      addresses: addresses.toReversed(),
      organizations: organizations.toReversed(),
      usages: usages.toReversed(),
    }),
  ).toEqual([]);
});

test.each<[string, Partial<LeafRequest>, string[]]>([
  ['common name', { commonName: 'other' }, ['belongs to sample, not to other']],
  ['organization added', { organizations: ['one', 'two', 'three'] }, ['organization three missing']],
  ['organization taken away', { organizations: ['one'] }, ['organization two no longer wanted']],
  ['name added', { names: [...sampleRequest().names, 'new.example.com'] }, ['name new.example.com missing']],
  ['name taken away', { names: ['sample', 'sample.example.com'] }, ['name *.apps.example.com no longer wanted']],
  ['address changed', { addresses: ['192.0.2.9', '2001:db8::1'] }, ['address 192.0.2.9 missing', 'address 192.0.2.1 no longer wanted']],
  ['usage taken away', { usages: ['server'] }, ['usage client no longer wanted']],
  ['key algorithm', { keyAlgorithm: 'rsa-2048' }, ['key is ecdsa-p256, not rsa-2048']],
])('issued again when wanted otherwise: %s', (_title, change, reasons) => {
  expect(judge(change)).toEqual(reasons);
});

describe('time', () => {
  test.each<[string, number, number, string[]]>([
    ['on the first day', 0, 30, []],
    ['before the last 30 days', 334, 30, []],
    ['within the last 30 days', 335.5, 30, ['expires in 29 days']],
    ['on the last day', 364.5, 30, ['expires in 0 days']],
    ['after the end', 365, 30, ['expired on 2027-06-15T12:00:00.000Z']],
    ['renewal switched off', 364.5, 0, []],
    ['renewal wanted earlier than a third of its life', 200, 300, []],
    ['a third of its life left', 244.5, 300, ['expires in 120 days']],
    ['before it begins', -1, 30, ['not valid before 2026-06-15T11:55:00.000Z']],
  ])('%s', (_title, days, renewBeforeDays, reasons) => {
    expect(judge({}, daysAfter(now, days), renewBeforeDays)).toEqual(reasons);
  });

  test('a certificate of a few days is not renewed on every run', async () => {
    const request = sampleRequest({ days: 7 });
    const short = await issueLeaf(request, authority, randomBytes, now);
    const at = (days: number) => judgeLeaf(short.certificate, request, authority.certificate, daysAfter(now, days), 30);
    expect(at(0)).toEqual([]);
    expect(at(4)).toEqual([]);
    expect(at(5)).toEqual(['expires in 2 days']);
  });
});

describe('authority', () => {
  test.each(['ecdsa-p256', 'rsa-2048'] as const)('a new one of the same name (%s) is noticed', async (algorithm) => {
    const other = await sampleAuthority(algorithm);
    expect(judgeLeaf(present.certificate, sampleRequest(), other.certificate, now, 30)).toEqual([
      'not signed by the present authority (cluster)',
    ]);
  });

  test('the authority itself is no leaf', () => {
    const reasons = judgeLeaf(authority.certificate, sampleRequest(), authority.certificate, now, 30);
    expect(reasons).toContain('is an authority, not a leaf');
    expect(reasons).toContain('belongs to sample-ca, not to sample');
  });

  test('of a bundle, the first one counts', async () => {
    const next = await sampleAuthority();
    expect(judgeLeaf(present.certificate, sampleRequest(), authority.certificate + next.certificate, now, 30)).toEqual([]);
    expect(judgeLeaf(present.certificate, sampleRequest(), next.certificate + authority.certificate, now, 30)).toHaveLength(1);
  });
});

test.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['a key', present.key],
  ['half a certificate', present.certificate.slice(0, 300)],
])('damage is a reason, not a failure: %s', (_title, pem) => {
  expect(judgeLeaf(pem, sampleRequest(), authority.certificate, now, 30)).toEqual(['is no readable certificate']);
});

test('a certificate whose bytes were changed is not signed', () => {
  const bytes = Buffer.from(present.certificate.replaceAll(/-----.*-----|\n/g, ''), 'base64');
  const at = bytes.indexOf('sample.example.com');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  const forged = `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`;
  expect(judgeLeaf(forged, sampleRequest(), authority.certificate, now, 30)).toContain('not signed by the present authority (cluster)');
});
