import { shellQuote } from '../render/shell-quote.ts';
import { hostPaths } from './host-paths.ts';

/** The member on the host itself. */
export const ownEtcdEndpoint = 'https://127.0.0.1:2379';

/**
 * sh functions: `kc_etcdctl` is etcdctl with the client certificate of an etcd host against these client URLs, `kc_etcdctl_at URL` against
 * another one. Not by its variable of the environment, which etcdctl refuses beside the flag.
 */
export function etcdctlFunctions(endpoints: readonly string[]): string {
  return `kc_etcdctl_at() { kc_at=$1; shift; ${hostPaths.binaries}/etcdctl --endpoints="$kc_at" --cacert=${hostPaths.etcdPki}/ca.crt --cert=${hostPaths.etcdPki}/healthcheck-client.crt --key=${hostPaths.etcdPki}/healthcheck-client.key --dial-timeout=3s --command-timeout=10s "$@"; }
kc_etcdctl() { kc_etcdctl_at ${shellQuote(endpoints.join(','))} "$@"; }`;
}
