import { readFile } from 'node:fs/promises';
import type { Cluster, GivenEtcd } from '../cluster/cluster.ts';
import type { Finding } from '../engine/plan.ts';
import type { GivenSecretName } from '../engine/secret-name.ts';
import type { Secrets } from '../engine/secrets.ts';
import { ConfigurationError } from '../errors.ts';
import { daysLeft, inspectCertificate } from '../pki/inspect-certificate.ts';
import { type ClientPair, judgeClientPair } from '../pki/judge-client-pair.ts';
import { renewBeforeDays } from './renew-before-days.ts';

type FileField = 'caFile' | 'certFile' | 'keyFile';

const fields = { authority: 'caFile', certificate: 'certFile', key: 'keyFile' } as const satisfies Record<keyof ClientPair, FileField>;
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'this is a directory',
};

async function readGivenFile(given: GivenEtcd, field: FileField): Promise<string> {
  try {
    return await readFile(given[field], 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === '') throw cause;
    throw new ConfigurationError(`cluster.etcd.${field}: ${given[field]} cannot be read: ${reasons[code] ?? code}`, {
      remedy: 'put the file there, beside the inventory as it is written; hosts do not give it back, since its owner may have renewed it',
      cause,
    });
  }
}

/**
 * The operator's files for an etcd that others run, by the names under which they travel.
 * @throws ConfigurationError that names the field and the file which is missing, damaged, expired or of another pair
 */
export async function readGivenEtcd({ etcd: { given } }: Cluster, now: Date): Promise<ReadonlyMap<GivenSecretName, string>> {
  if (given === undefined) return new Map();
  const authority = await readGivenFile(given, 'caFile');
  const certificate = await readGivenFile(given, 'certFile');
  const key = await readGivenFile(given, 'keyFile');
  const failures = judgeClientPair({ authority, certificate, key }, now).map(
    ({ part, fact }) =>
      new ConfigurationError(`cluster.etcd.${fields[part]}: ${given[fields[part]]} ${fact}`, {
        remedy: 'get these three files from whoever runs that etcd',
      }),
  );
  const [only] = failures;
  if (failures.length === 1 && only !== undefined) throw only;
  if (failures.length > 1) throw new ConfigurationError(`${failures.length} faults in the files for your etcd`, { failures });
  return new Map([
    ['given-etcd-ca.crt', authority],
    ['given-etcd-client.crt', certificate],
    ['given-etcd-client.key', key],
  ]);
}

/** Warns while somebody can still renew it: kcluster cannot. */
export function warnOfGivenEtcd({ etcd: { given } }: Cluster, secrets: Secrets, now: Date): readonly Finding[] {
  if (given === undefined) return [];
  const dated = [
    ['given-etcd-ca.crt', 'caFile'],
    ['given-etcd-client.crt', 'certFile'],
  ] as const;
  return dated.flatMap(([name, field]): readonly Finding[] => {
    const pem = secrets.get(name);
    const facts = pem === undefined ? undefined : inspectCertificate(pem);
    if (facts === undefined || daysLeft(facts, now) >= renewBeforeDays) return [];
    // The date and not the days that are left: a saved plan would be another one tomorrow.
    const message = `cluster.etcd.${field} ends on ${facts.notAfter.toISOString().slice(0, 10)}`;
    const remedy = 'renew it where it was issued, put it in place of the old file, and run kcluster init';
    return [{ id: 'ExternalEtcdCertificate', severity: 'warning', message, remedy }];
  });
}
