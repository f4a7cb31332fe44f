import type { Authority } from '../pki/certificate-table.ts';
import type { SecretName } from './secret-name.ts';

/** Values of the cluster's secrets; made once, kept by the operator as a cache of what control-plane hosts hold. */
export interface Secrets {
  get(name: SecretName): string | undefined;
  /** Existing names with the sha256 of their value. */
  digests(): ReadonlyMap<SecretName, string>;
  /** Certificates of the authorities that exist. */
  authorities(): ReadonlyMap<Authority, string>;
  /** Takes over what a host holds; durable when it resolves. */
  adopt(values: ReadonlyMap<SecretName, string>): Promise<void>;
  /** Makes what is missing; durable when it resolves. */
  complete(): Promise<void>;
}
