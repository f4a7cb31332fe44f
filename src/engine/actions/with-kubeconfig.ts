import { hostPaths } from '../host-paths.ts';
import { feed } from './feed.ts';
import type { Material } from './material.ts';

/** kubectl within `withKubeconfig`. */
export const temporaryKubectl = `${hostPaths.binaries}/kubectl --kubeconfig "$kc_kubeconfig" --request-timeout=20s`;

/** The kubeconfig lives in memory-backed storage for as long as the command runs; it never is an argument. */
export function withKubeconfig(material: Material, command: string): string {
  return `mkdir -p -m 0700 ${hostPaths.runtime}
kc_kubeconfig=${hostPaths.runtime}/kubeconfig.$$
trap 'rm -f "$kc_kubeconfig"' EXIT
trap 'exit 143' HUP INT PIPE TERM
${feed(material.kubeconfig(), `(umask 077; cat >"$kc_kubeconfig")`)}
${command}`;
}
