import { type KeyObject, X509Certificate } from 'node:crypto';
import { Memo } from '../cluster/memo.ts';
import type { LeafRequest } from './certificate-table.ts';
import { type CertificateFacts, daysLeft, factsOf, parseCertificate } from './inspect-certificate.ts';

const dayMs = 24 * 60 * 60 * 1000;

interface ParsedAuthority {
  readonly certificate: X509Certificate;
  readonly publicKey: KeyObject;
}

/** A cluster has three, and thousands of leaves are held against them. */
const authorities = new Memo<ParsedAuthority>(8);

function parseAuthority(pem: string): ParsedAuthority {
  return authorities.of(pem, () => {
    const certificate = new X509Certificate(pem);
    return { certificate, publicKey: certificate.publicKey };
  });
}

function isSignedBy(leaf: X509Certificate, authorityPem: string): boolean {
  const { certificate, publicKey } = parseAuthority(authorityPem);
  return leaf.checkIssued(certificate) && leaf.verify(publicKey);
}

interface Read {
  readonly authorityPem: string;
  readonly facts: CertificateFacts;
  readonly isSigned: boolean;
}

/** What no clock and no wish changes: a run may plan twice, and each certificate costs a signature. */
const read = new Memo<Read | undefined>(10_000);

function readLeaf(pem: string, authorityPem: string): Read | undefined {
  const make = (): Read | undefined => {
    const certificate = tryParse(pem);
    return certificate && { authorityPem, facts: factsOf(certificate), isSigned: isSignedBy(certificate, authorityPem) };
  };
  const known = read.of(pem, make);
  return known === undefined || known.authorityPem === authorityPem ? known : make();
}

/** What the one has and the other lacks; the order never matters. */
function difference(kind: string, present: readonly string[], wanted: readonly string[]): string[] {
  const missing = wanted.filter((item) => !present.includes(item));
  const surplus = present.filter((item) => !wanted.includes(item));
  return [
    ...(missing.length > 0 ? [`${kind} ${missing.join(', ')} missing`] : []),
    ...(surplus.length > 0 ? [`${kind} ${surplus.join(', ')} no longer wanted`] : []),
  ];
}

function judgeTime(facts: CertificateFacts, now: Date, renewBeforeDays: number): string[] {
  if (facts.notBefore > now) return [`not valid before ${facts.notBefore.toISOString()}`];
  if (facts.notAfter <= now) return [`expired on ${facts.notAfter.toISOString()}`];
  // A short-lived certificate would be renewed on every run: a third of its life is early enough.
  const lifeDays = (facts.notAfter.getTime() - facts.notBefore.getTime()) / dayMs;
  const remainingDays = (facts.notAfter.getTime() - now.getTime()) / dayMs;
  const left = daysLeft(facts, now);
  return remainingDays < Math.min(renewBeforeDays, lifeDays / 3) ? [`expires in ${left} day${left === 1 ? '' : 's'}`] : [];
}

function judgeFacts(facts: CertificateFacts, request: LeafRequest): string[] {
  return [
    ...(facts.isAuthority ? ['is an authority, not a leaf'] : []),
    ...(facts.subjectCN === request.commonName ? [] : [`belongs to ${facts.subjectCN || 'nobody'}, not to ${request.commonName}`]),
    ...difference('organization', facts.organizations, request.organizations),
    ...difference('name', facts.names, request.names),
    ...difference('address', facts.addresses, request.addresses),
    ...difference('usage', facts.usages, request.usages),
    ...(facts.keyAlgorithm === request.keyAlgorithm ? [] : [`key is ${facts.keyAlgorithm}, not ${request.keyAlgorithm}`]),
  ];
}

function tryParse(pem: string): X509Certificate | undefined {
  try {
    return parseCertificate(pem);
  } catch {
    // Any damage means the same: issue it anew.
    return undefined;
  }
}

/**
 * Why a certificate must be issued again; empty while it is still good.
 *
 * @param renewBeforeDays renewed when less than this is left, or less than a third of its life when that is shorter
 */
export function judgeLeaf(pem: string, request: LeafRequest, authorityPem: string, now: Date, renewBeforeDays: number): readonly string[] {
  const leaf = readLeaf(pem, authorityPem);
  if (leaf === undefined) return ['is no readable certificate'];
  const { facts, isSigned } = leaf;
  const signature = isSigned ? [] : [`not signed by the present authority (${request.ca})`];
  return [...signature, ...judgeFacts(facts, request), ...judgeTime(facts, now, renewBeforeDays)];
}
