import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { ConfigurationError } from '../errors.ts';
import { binary, keyIdentifier, objectIdentifiers } from './encode-certificate.ts';
import type { Issued } from './issue-authority.ts';

const { asn1 } = forge;
type Asn1 = forge.asn1.Asn1;

/** What a leaf takes over from the authority that signs it. */
export interface SigningAuthority {
  /** Its subject, byte for byte. */
  readonly name: Asn1;
  readonly keyIdentifier: string;
  readonly notAfter: Date;
  readonly key: KeyObject;
}

const remedy = 'Restore the authority from a control-plane host or from a backup; kcluster never overwrites one.';

function children(node: Asn1 | undefined): Asn1[] {
  return Array.isArray(node?.value) ? node.value : [];
}

/** tbsCertificate: [version] serial algorithm issuer validity subject publicKey … [3] extensions */
function subjectOf(toBeSigned: readonly Asn1[]): Asn1 | undefined {
  const hasVersion = toBeSigned[0]?.tagClass === asn1.Class.CONTEXT_SPECIFIC;
  return toBeSigned[hasVersion ? 5 : 4];
}

function subjectKeyIdentifierOf(toBeSigned: readonly Asn1[]): string | undefined {
  const last = toBeSigned.at(-1);
  const extensions = last?.tagClass === asn1.Class.CONTEXT_SPECIFIC ? children(children(last)[0]) : [];
  const id = asn1.oidToDer(objectIdentifiers.subjectKeyIdentifier).getBytes();
  const found = children(extensions.find((extension) => children(extension)[0]?.value === id)).at(-1)?.value;
  return typeof found === 'string' ? String(asn1.fromDer(found).value) : undefined;
}

function parse(authority: Issued): { certificate: X509Certificate; key: KeyObject } {
  try {
    return { certificate: new X509Certificate(authority.certificate), key: createPrivateKey(authority.key) };
  } catch (cause) {
    throw new ConfigurationError('the certificate or key of the authority cannot be read', { remedy, cause });
  }
}

/** @throws ConfigurationError when the pair is damaged, does not belong together, is no authority or has expired */
export function readAuthority(authority: Issued, now: Date): SigningAuthority {
  const { certificate, key } = parse(authority);
  const subject = certificate.subject.replaceAll('\n', ', ');
  if (!certificate.ca) throw new ConfigurationError(`${subject} is no authority`, { remedy });
  if (!certificate.checkPrivateKey(key)) throw new ConfigurationError(`the key does not belong to the authority ${subject}`, { remedy });
  if (certificate.validToDate <= now) {
    throw new ConfigurationError(`the authority ${subject} expired on ${certificate.validToDate.toISOString()}`, {
      remedy: 'Replace it with `kcluster certs rotate-ca`.',
    });
  }
  const toBeSigned = children(children(asn1.fromDer(binary(certificate.raw)))[0]);
  const name = subjectOf(toBeSigned);
  if (name === undefined) throw new ConfigurationError(`the authority ${subject} cannot be read`, { remedy });
  const publicKey = certificate.publicKey.export({ type: 'spki', format: 'pem' });
  return { name, keyIdentifier: subjectKeyIdentifierOf(toBeSigned) ?? keyIdentifier(publicKey), notAfter: certificate.validToDate, key };
}
