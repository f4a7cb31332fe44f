import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { ConfigurationError } from '../errors.ts';
import { type CertificateFacts, factsOf, parseCertificate } from './inspect-certificate.ts';

/** PEM texts of a client of a server that others run. */
export interface ClientPair {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** A part of the pair and what is wrong with it. */
export interface PairFault {
  readonly part: keyof ClientPair;
  readonly fact: string;
}

function read(pem: string): X509Certificate | undefined {
  try {
    return parseCertificate(pem);
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

function readKey(pem: string): KeyObject | string {
  if (/ENCRYPTED/.test(pem)) return 'is encrypted; API servers start without anybody who could type a passphrase';
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's reasons may quote from the key.
    return 'holds no readable private key (PEM)';
  }
}

function judgeTime({ notBefore, notAfter }: CertificateFacts, now: Date): readonly string[] {
  if (notAfter <= now) return [`expired on ${notAfter.toISOString()}`];
  return notBefore > now ? [`is not valid before ${notBefore.toISOString()}`] : [];
}

function judgePublic(part: 'authority' | 'certificate', pem: string, now: Date): readonly PairFault[] {
  if (pem.includes('PRIVATE KEY')) return [{ part, fact: 'holds a private key, and everybody on the hosts may read this file' }];
  const certificate = read(pem);
  if (certificate === undefined) return [{ part, fact: 'holds no readable certificate (PEM)' }];
  const facts = factsOf(certificate);
  const isNoClient = part === 'certificate' && certificate.keyUsage !== undefined && !facts.usages.includes('client');
  return [...judgeTime(facts, now), ...(isNoClient ? ['is not for clients: its extended key usage lacks clientAuth'] : [])].map((fact) => ({
    part,
    fact,
  }));
}

/** Everything that is wrong with the files of a client; whether the server believes them, only the server knows. */
export function judgeClientPair({ authority, certificate, key }: ClientPair, now: Date): readonly PairFault[] {
  const faults = [...judgePublic('authority', authority, now), ...judgePublic('certificate', certificate, now)];
  const readable = readKey(key);
  if (typeof readable === 'string') return [...faults, { part: 'key', fact: readable }];
  const leaf = read(certificate);
  if (leaf === undefined || leaf.checkPrivateKey(readable)) return faults;
  return [...faults, { part: 'key', fact: 'does not belong to the certificate' }];
}
