import { type Finished, runProgram } from './run-kcluster.ts';

/** OpenSSL of this machine: neither the program nor the library that kcluster and Kubernetes use. */
export function openssl(args: readonly string[], input = ''): Promise<Finished> {
  return runProgram('openssl', args, input);
}

export interface Facts {
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses, sorted. */
  readonly names: readonly string[];
  readonly usages: readonly string[];
  readonly isAuthority: boolean;
  readonly days: number;
  /** SHA-256 of the public key. */
  readonly publicKey: string;
}

const after = (text: string, label: string): string => text.match(new RegExp(`${label}[^\\n]*\\n\\s*([^\\n]+)`))?.[1]?.trim() ?? '';
const listOf = (text: string): readonly string[] => (text === '' ? [] : text.split(', '));

/** @param pem one certificate */
export async function readCertificate(pem: string): Promise<Facts> {
  const options = ['-noout', '-subject', '-issuer', '-nameopt', 'RFC2253', '-startdate', '-enddate', '-dateopt', 'iso_8601'];
  const { stdout: lines, stderr } = await openssl(['x509', ...options], pem);
  const { stdout: extensions } = await openssl(['x509', '-noout', '-ext', 'subjectAltName,extendedKeyUsage,basicConstraints'], pem);
  const line = (name: string): string => {
    const value = lines.match(new RegExp(`^${name}=(.*)$`, 'm'))?.[1];
    if (value === undefined) throw new Error(`openssl finds no ${name}\n${stderr}`);
    return value;
  };
  const names = listOf(after(extensions, 'Subject Alternative Name')).map((name) => name.replace(/^(DNS|IP Address):/, ''));
  const days = (Date.parse(line('notAfter')) - Date.parse(line('notBefore'))) / 86_400_000;
  const { stdout: key } = await openssl(['x509', '-noout', '-pubkey'], pem);
  return {
    subject: line('subject'),
    issuer: line('issuer'),
    names: names.toSorted(),
    usages: listOf(after(extensions, 'Extended Key Usage')),
    isAuthority: after(extensions, 'Basic Constraints').includes('CA:TRUE'),
    days,
    publicKey: key,
  };
}

/** Suites that are offered for TLS 1.2: strong ones, as OpenSSL calls them. */
export const strongSuites = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
] as const;

/** A handshake through a unix socket, on which nothing is sent. */
export function handshake(socket: string, options: readonly string[]): Promise<Finished> {
  return openssl(['s_client', '-unix', socket, ...options]);
}
