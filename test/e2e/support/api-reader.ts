import type { OwnLab } from './own-lab.ts';

/**
 * Somebody who may read that namespace, with a token on these hosts.
 * @returns sh of one request that must reach etcd, through the balancer of such a host, without retries, at most 20 s
 */
export async function createReader(lab: OwnLab, namespace: string, shorts: readonly string[]): Promise<string> {
  await lab.kubectl('cp1', `create serviceaccount reader -n ${namespace}`);
  await lab.kubectl('cp1', `create rolebinding reader -n ${namespace} --clusterrole=view --serviceaccount=${namespace}:reader`);
  const token = (await lab.kubectl('cp1', `create token -n ${namespace} reader --duration=6h`)).trim();
  for (const short of shorts) await lab.on(short, `umask 077; cat >/run/reader <<'TOKEN'\nAuthorization: Bearer ${token}\nTOKEN`);
  const url = `https://127.0.0.1:6444/api/v1/namespaces/${namespace}/services`;
  return `curl -sSf -m 20 -o /dev/null --cacert /etc/kubernetes/pki/ca.crt -H @/run/reader ${url}`;
}
