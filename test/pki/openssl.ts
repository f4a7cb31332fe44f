import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A scratch directory with PEM files in it, gone with the scope. */
export function pemFiles(contents: Readonly<Record<string, string>>): { path(name: string): string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'kcluster-pki-'));
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content, { mode: 0o600 });
  return { path: (name) => join(folder, name), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** What openssl prints. @throws when it fails or is not installed */
export function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The certificate as openssl reads it. */
export function certificateText(pem: string): string {
  using files = pemFiles({ crt: pem });
  return openssl('x509', '-in', files.path('crt'), '-noout', '-text');
}

/** Strict chain verification for a purpose: `OK`, or what openssl objects to. */
export function verifyChain(leaf: string, authority: string, purpose: 'sslserver' | 'sslclient'): string {
  using files = pemFiles({ leaf, authority });
  try {
    const printed = openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', files.path('authority'), files.path('leaf'));
    return printed.trim().endsWith(': OK') ? 'OK' : printed;
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  }
}
