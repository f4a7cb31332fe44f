import { X509Certificate } from 'node:crypto';
import { canonicalAddress } from '../cluster/cidr.ts';
import { ConfigurationError } from '../errors.ts';
import type { Usage } from './certificate-table.ts';
import { objectIdentifiers } from './encode-certificate.ts';

export interface CertificateFacts {
  readonly subjectCN: string;
  readonly organizations: readonly string[];
  readonly issuerCN: string;
  readonly isAuthority: boolean;
  /** Hexadecimal, upper case. */
  readonly serial: string;
  /** DNS names. */
  readonly names: readonly string[];
  /** IP addresses, canonical. */
  readonly addresses: readonly string[];
  readonly usages: readonly Usage[];
  /** `ecdsa-p256`, `rsa-2048` and so on; kcluster issues only some of them. */
  readonly keyAlgorithm: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const dayMs = 24 * 60 * 60 * 1000;
const purposes: readonly [oid: string, usage: Usage][] = [
  [objectIdentifiers.clientAuth, 'client'],
  [objectIdentifiers.serverAuth, 'server'],
];
const curves: Readonly<Record<string, string>> = { prime256v1: 'p256', secp384r1: 'p384', secp521r1: 'p521' };

/** Names and organizations of letters, digits and `:._-` alone, a line each: no escape or line break can make them look like others. */
const plainSubject = /^(?:(?:CN|O)=[A-Za-z0-9:._-]+(?:\n|$))+$/;

type Attributes = (field: 'CN' | 'O') => readonly string[];

function plainAttributes(subject: string): Attributes {
  const pairs = subject.split('\n').map((line) => line.split('='));
  return (field) => pairs.flatMap(([key, value = '']) => (key === field ? [value] : []));
}

/** Subject and issuer. The full decoding computes much that nobody asks for: with thousands of certificates that is seen. */
function readNames(certificate: X509Certificate): { readonly subject: Attributes; readonly issuer: Attributes } {
  const { subject, issuer } = certificate;
  if (plainSubject.test(subject) && plainSubject.test(issuer))
    return { subject: plainAttributes(subject), issuer: plainAttributes(issuer) };
  const decoded = certificate.toLegacyObject();
  return { subject: (field) => attributes(decoded.subject, field), issuer: (field) => attributes(decoded.issuer, field) };
}

function attributes(name: unknown, field: string): readonly string[] {
  const value: unknown = typeof name === 'object' && name !== null ? Reflect.get(name, field) : undefined;
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}

function alternativeNames(certificate: X509Certificate, kind: string): readonly string[] {
  const all = certificate.subjectAltName?.split(', ') ?? [];
  return all.filter((name) => name.startsWith(`${kind}:`)).map((name) => name.slice(kind.length + 1));
}

function algorithmOf({ publicKey }: X509Certificate): string {
  const details = publicKey.asymmetricKeyDetails;
  if (publicKey.asymmetricKeyType === 'rsa') return `rsa-${details?.modulusLength ?? 0}`;
  if (publicKey.asymmetricKeyType === 'ec') return `ecdsa-${curves[details?.namedCurve ?? ''] ?? details?.namedCurve}`;
  return publicKey.asymmetricKeyType ?? 'unknown';
}

/** Reads a certificate. @throws ConfigurationError when the text holds none */
export function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new ConfigurationError('the text holds no readable certificate', {
      remedy: 'Issue it again, or restore it from a backup.',
      cause,
    });
  }
}

/** What a certificate says; of a bundle, the first one. @throws ConfigurationError when the text holds none */
export function inspectCertificate(pem: string): CertificateFacts {
  return factsOf(parseCertificate(pem));
}

export function factsOf(certificate: X509Certificate): CertificateFacts {
  const { subject, issuer } = readNames(certificate);
  return {
    subjectCN: subject('CN')[0] ?? '',
    organizations: subject('O'),
    issuerCN: issuer('CN')[0] ?? '',
    isAuthority: certificate.ca,
    serial: certificate.serialNumber,
    names: alternativeNames(certificate, 'DNS'),
    addresses: alternativeNames(certificate, 'IP Address').map(canonicalAddress),
    usages: purposes.filter(([oid]) => certificate.keyUsage?.includes(oid)).map(([, usage]) => usage),
    keyAlgorithm: algorithmOf(certificate),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
  };
}

/** Whole days until a certificate ends, negative once it has. */
export function daysLeft({ notAfter }: Pick<CertificateFacts, 'notAfter'>, now: Date): number {
  return Math.floor((notAfter.getTime() - now.getTime()) / dayMs);
}

/** Whole days until the certificate in a text ends; undefined when it holds none that can be read. */
export function tryDaysLeft(pem: string, now: Date): number | undefined {
  try {
    return daysLeft(inspectCertificate(pem), now);
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}
