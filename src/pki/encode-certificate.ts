import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';

const { asn1, util } = forge;
const { Class, Type } = asn1;
type Asn1 = forge.asn1.Asn1;

const signDetached = promisify(sign);

/** RFC 5280 §4.1.2.5: years from 2050 on are GeneralizedTime. */
const firstGeneralizedYear = 2050;

export const objectIdentifiers = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  rsaWithSha256: '1.2.840.113549.1.1.11',
} as const;

export interface Extension {
  readonly id: string;
  readonly critical: boolean;
  readonly value: Asn1;
}

export interface CertificateContent {
  /** Big-endian, positive. */
  readonly serial: Uint8Array;
  readonly issuer: Asn1;
  readonly subject: Asn1;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string;
  readonly extensions: readonly Extension[];
}

/** forge carries bytes as a string of code points below 256. */
export const binary = (bytes: Uint8Array): string => util.binary.raw.encode(bytes);

export const sequence = (...items: Asn1[]): Asn1 => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, items);
export const primitive = (type: forge.asn1.Type, value: string): Asn1 => asn1.create(Class.UNIVERSAL, type, false, value);
export const tagged = (tag: number, isConstructed: boolean, value: string | Asn1[]): Asn1 =>
  asn1.create(Class.CONTEXT_SPECIFIC, tag as forge.asn1.Type, isConstructed, value);
export const objectIdentifier = (oid: string): Asn1 => primitive(Type.OID, asn1.oidToDer(oid).getBytes());
export const octets = (bytes: string): Asn1 => primitive(Type.OCTETSTRING, bytes);

function publicKeyInfo(publicKey: string): Uint8Array {
  return createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
}

/** RFC 5280 §4.2.1.2 method 1: SHA-1 of the key's bits, as a name, not as protection. */
export function keyIdentifier(publicKey: string): string {
  const bits = publicKeyBits(asn1.fromDer(binary(publicKeyInfo(publicKey))));
  return binary(createHash('sha1').update(Buffer.from(bits, 'latin1')).digest());
}

function publicKeyBits(info: Asn1): string {
  const bitString = (info.value as Asn1[])[1] as Asn1 & { bitStringContents?: string };
  const contents = bitString.bitStringContents ?? (bitString.value as string);
  // The first octet counts unused bits.
  return contents.slice(1);
}

/** A subject in the order O, CN. */
export function distinguishedName(commonName: string, organizations: readonly string[]): Asn1 {
  const attribute = (oid: string, text: string): Asn1 =>
    asn1.create(Class.UNIVERSAL, Type.SET, true, [sequence(objectIdentifier(oid), primitive(Type.UTF8, util.encodeUtf8(text)))]);
  return sequence(
    ...organizations.map((organization) => attribute(objectIdentifiers.organization, organization)),
    attribute(objectIdentifiers.commonName, commonName),
  );
}

function time(date: Date): Asn1 {
  const isLate = date.getUTCFullYear() >= firstGeneralizedYear;
  return isLate ? primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date)) : primitive(Type.UTCTIME, asn1.dateToUtcTime(date));
}

function encodeExtension({ id, critical, value }: Extension): Asn1 {
  const flag = critical ? [primitive(Type.BOOLEAN, '\xff')] : [];
  return sequence(objectIdentifier(id), ...flag, octets(asn1.toDer(value).getBytes()));
}

function signatureAlgorithm(key: KeyObject): Asn1 {
  if (key.asymmetricKeyType === 'ec') return sequence(objectIdentifier(objectIdentifiers.ecdsaWithSha256));
  return sequence(objectIdentifier(objectIdentifiers.rsaWithSha256), primitive(Type.NULL, ''));
}

/** The certificate as PEM, signed with SHA-256 off the main loop. */
export async function encodeCertificate(content: CertificateContent, signingKey: KeyObject): Promise<string> {
  const algorithm = signatureAlgorithm(signingKey);
  const version3 = tagged(0, true, [primitive(Type.INTEGER, '\x02')]);
  const toBeSigned = sequence(
    version3,
    primitive(Type.INTEGER, binary(content.serial)),
    algorithm,
    content.issuer,
    sequence(time(content.notBefore), time(content.notAfter)),
    content.subject,
    asn1.fromDer(binary(publicKeyInfo(content.publicKey))),
    tagged(3, true, [sequence(...content.extensions.map(encodeExtension))]),
  );
  const signature = await signDetached('sha256', Buffer.from(asn1.toDer(toBeSigned).getBytes(), 'latin1'), signingKey);
  const certificate = sequence(toBeSigned, algorithm, primitive(Type.BITSTRING, `\0${binary(signature)}`));
  const base64 = Buffer.from(asn1.toDer(certificate).getBytes(), 'latin1').toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}
