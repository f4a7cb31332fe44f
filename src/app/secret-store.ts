import { createHash, randomBytes } from 'node:crypto';
import type { Cluster } from '../cluster/cluster.ts';
import { type BackupSecretName, type GivenSecretName, type SecretName, secretNames } from '../engine/secret-name.ts';
import type { Secrets } from '../engine/secrets.ts';
import { RefusedError } from '../errors.ts';
import type { Authority } from '../pki/certificate-table.ts';
import { createKeyPair } from '../pki/create-key-pair.ts';
import { issueAuthority } from '../pki/issue-authority.ts';
import { stringifyYaml } from '../render/yaml.ts';
import { authoritySecrets } from './authority-secrets.ts';
import type { StateDirectory } from './state-directory.ts';

const authorities = Object.entries(authoritySecrets);

/** Secrets stay readable while a key is being replaced: `identity` comes last. */
function makeEncryptionConfig(): string {
  return stringifyYaml({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: [{ secretbox: { keys: [{ name: 'key1', secret: randomBytes(32).toString('base64') }] } }, { identity: {} }],
      },
    ],
  });
}

type Values = Map<SecretName, string>;

/** An inventory is for root alone, but its words are in every message. */
const isPublic = (name: SecretName): boolean => name.endsWith('.crt') || name.endsWith('.pub') || name === 'backup-inventory';

/** Halves that are made together and mean nothing alone. */
const pairs: readonly (readonly [SecretName, SecretName])[] = [
  ...authorities.map(([, { certificate, key }]) => [certificate, key] as const),
  ['sa.pub', 'sa.key'],
];

/** A new other half would replace what the cluster may rely on: the old one must be found. */
function refuseHalves(values: Values, state: StateDirectory): void {
  for (const [one, other] of pairs) {
    if (values.has(one) === values.has(other)) continue;
    const [there, missing] = values.has(one) ? [one, other] : [other, one];
    throw new RefusedError(`${state.path(`pki/${there}`)} is there without ${missing}; neither is made anew`, {
      remedy: `put ${missing} back from a backup; or move ${state.directory} aside: it is made again from what the control-plane hosts hold`,
    });
  }
}

async function makeMissing(values: Values, cluster: Cluster): Promise<void> {
  const { keyAlgorithm, caDays } = cluster.security;
  for (const [id, { commonName, certificate, key }] of authorities) {
    if (values.has(certificate) || (id === 'etcd' && cluster.etcd.given !== undefined)) continue;
    const issued = await issueAuthority({ commonName, days: caDays, keyAlgorithm }, randomBytes, new Date());
    values.set(certificate, issued.certificate).set(key, issued.key);
  }
  if (!values.has('sa.key')) {
    const pair = await createKeyPair(keyAlgorithm);
    values.set('sa.key', pair.privateKey).set('sa.pub', pair.publicKey);
  }
  if (!values.has('encryption-config.yaml')) values.set('encryption-config.yaml', makeEncryptionConfig());
}

/** Secrets of a cluster with what the operator gave, and the state directory as their cache: written there before any host sees them. */
export async function openSecretStore(
  cluster: Cluster,
  state: StateDirectory,
  onSecret: (value: string) => void,
  given: ReadonlyMap<GivenSecretName | BackupSecretName, string> = new Map(),
): Promise<Secrets> {
  const values: Values = new Map();
  const keep = (name: SecretName, value: string): void => {
    values.set(name, value);
    if (!isPublic(name)) onSecret(value);
  };
  for (const name of secretNames) {
    const value = await state.read(`pki/${name}`);
    if (value !== undefined) keep(name, value);
  }
  // Never written beside the inventory: their owner renews them, and a copy would be an old one some day.
  for (const [name, value] of given) keep(name, value);
  // Together: a run that is killed here must not leave half a pair.
  const save = async (names: Iterable<SecretName>): Promise<void> =>
    state.writeFolder('pki', new Map([...names].map((name) => [name, values.get(name) ?? ''])));
  return {
    get: (name) => values.get(name),
    digests: () => new Map([...values].map(([name, value]) => [name, createHash('sha256').update(value).digest('hex')])),
    authorities: () =>
      new Map(
        authorities.flatMap(([id, { certificate }]) => {
          const value = values.get(certificate);
          return value === undefined ? [] : [[id as Authority, value] as const];
        }),
      ),
    adopt: async (found) => {
      for (const [name, value] of found) keep(name, value);
      await save(found.keys());
    },
    complete: async () => {
      refuseHalves(values, state);
      const before = new Set(values.keys());
      await makeMissing(values, cluster);
      const made = [...values.keys()].filter((name) => !before.has(name));
      for (const name of made) keep(name, values.get(name) ?? '');
      if (made.length > 0) await save(made);
    },
  };
}
