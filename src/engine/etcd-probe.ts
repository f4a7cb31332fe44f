import { shellQuote } from '../render/shell-quote.ts';
import { ownEtcdEndpoint } from './etcdctl.ts';
import { hostPaths } from './host-paths.ts';
import type { Probe } from './probe.ts';

interface Pair {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const pairOfMember: Pair = {
  authority: `${hostPaths.etcdPki}/ca.crt`,
  certificate: `${hostPaths.etcdPki}/healthcheck-client.crt`,
  key: `${hostPaths.etcdPki}/healthcheck-client.key`,
};
const pairOfApiServer: Pair = {
  authority: `${hostPaths.kubernetesPki}/etcd/ca.crt`,
  certificate: `${hostPaths.kubernetesPki}/apiserver-etcd-client.crt`,
  key: `${hostPaths.kubernetesPki}/apiserver-etcd-client.key`,
};

/**
 * Each question is one that a member answers by itself, so that the answers are there without quorum too: the list as
 * the member knows it, and a health that reads its own data and leaves the alarms, which are the cluster's, to the status.
 */
function writeQuestions(endpoints: readonly string[], { authority, certificate, key }: Pair): string {
  const trust = `-m 2 --noproxy '*' --cacert ${authority} --cert ${certificate} --key ${key}`;
  const lists = endpoints.map((url) => `curl -sfg ${trust} -d '{"linearizable":false}' ${shellQuote(`${url}/v3/cluster/member/list`)}`);
  return `[ -f ${certificate} ] && { l=$(${lists.join(' || ')}) && {
printf 'etcd-members\\t%s\\n' "$(printf '%s' "$l" | base64 | tr -d '\\n')" >"$t/etcd"
for u in $(printf '%s' "$l" | tr -d ' \\n' | grep -o '"clientURLs":\\["https://[^"]*"' | cut -d'"' -f4); do
{ s=$(curl --fail-early -sfg ${trust} -d '{}' "$u/v3/maintenance/status" --next -sg ${trust} -o /dev/null -w '\\n%{http_code}' "$u/health?serializable=true&exclude=NOSPACE&exclude=CORRUPT")
[ -n "$s" ] && printf 'etcd-status\\t%s\\n' "$(printf '%s' "$s" | base64 | tr -d '\\n')"; } >"$t/etcd-\${u##*/}" &
done
wait; }; } &`;
}

/** The member on this host, asked with the client certificate of an etcd host. */
export function writeOwnEtcd(): string {
  return writeQuestions([ownEtcdEndpoint], pairOfMember);
}

/** An etcd that others run. */
export function writeEtcdThrough(probes: readonly Extract<Probe, { kind: 'etcd-through' }>[]): string {
  return writeQuestions(
    probes.flatMap(({ endpoints }) => endpoints),
    pairOfApiServer,
  );
}
