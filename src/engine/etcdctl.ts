import { shellQuote } from '../render/shell-quote.ts';
import { hostPaths } from './host-paths.ts';

const pki = '/etc/etcd/pki';

/** The member on the host itself. */
export const ownEtcdEndpoint = 'https://127.0.0.1:2379';

/** sh function `kc_etcdctl`: etcdctl with the client certificate of an etcd host, against these client URLs unless others are given. */
export function etcdctlFunction(endpoints: readonly string[]): string {
  return `kc_etcdctl() { ETCDCTL_ENDPOINTS=${shellQuote(endpoints.join(','))} ${hostPaths.binaries}/etcdctl --cacert=${pki}/ca.crt --cert=${pki}/healthcheck-client.crt --key=${pki}/healthcheck-client.key --dial-timeout=3s --command-timeout=10s "$@"; }`;
}
