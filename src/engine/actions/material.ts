import type { SecretName } from '../secret-name.ts';

export interface IssuedParts {
  readonly certificate: string;
  readonly key: string;
  readonly kubeconfig: string;
}

/** What the script of a step needs beyond its actions: secrets and freshly issued certificates, made before the script is written. */
export interface Material {
  secret(name: SecretName): string;
  issued(certificateId: string): IssuedParts;
  /** Short-lived kubeconfig for commands against the API. */
  kubeconfig(): string;
}
