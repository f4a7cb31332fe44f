import { shellQuote } from '../src/render/shell-quote.ts';
import { waivedFinding } from './kubeadm-files.ts';
import { type KubeadmNode, say } from './kubeadm-ha-files.ts';

/** Where the programs of the next release lie beforehand. */
export const nextPrograms = '/opt/next';

const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf';

/** A package that is upgraded: a running program is replaced, not written to. */
const take = (...programs: readonly string[]): string =>
  programs.map((program) => `install -m 0755 ${nextPrograms}/${program} /usr/bin/${program}`).join(' && ');

function upgradeOf(role: KubeadmNode['role'], release: string): string {
  const words = role === 'first' ? `apply v${release} --yes` : 'node';
  return `${take('kubeadm')} && exec kubeadm upgrade ${words} ${waivedFinding}`;
}

/**
 * The documented procedure (kubernetes.io, "Upgrading kubeadm clusters" and "Upgrading Linux nodes"): one node after the other, control
 * planes first; on each `kubeadm upgrade`, then its pods leave, kubelet and kubectl are swapped, and it takes pods again. kubeadm that
 * failed is run again, as its documentation says: it finds a cluster that has not settled after the node before.
 *
 * @param ssh command line that runs the word appended to it on a node
 */
export function upgradeScript(nodes: readonly KubeadmNode[], release: string, ssh: (node: KubeadmNode) => readonly string[]): string {
  const named = nodes.map((node, index) => ({ ...node, call: `node${index + 1}` }));
  const [operator = 'node1'] = named.filter(({ role }) => role === 'first').map(({ call }) => call);
  const functions = named.map((node) => `${node.call}() { ${ssh(node).map(shellQuote).join(' ')} "$1"; }`);
  const turns = named.flatMap(({ call, name, role }) => [
    say(`kubeadm upgrade ${name}`),
    `again ${call} ${shellQuote(upgradeOf(role, release))}`,
    say(`drain ${name}`),
    `again ${operator} ${shellQuote(`exec ${kubectl} drain ${name} --ignore-daemonsets`)}`,
    say(`kubelet ${name}`),
    `${call} ${shellQuote(`${take('kubelet', 'kubectl')} && systemctl daemon-reload && systemctl restart kubelet`)}`,
    say(`uncordon ${name}`),
    `again ${operator} ${shellQuote(`exec ${kubectl} uncordon ${name}`)}`,
    say(`await ${name}`),
    `again ${operator} ${shellQuote(`exec ${kubectl} wait --for=condition=Ready --timeout=120s node/${name}`)}`,
  ]);
  return `set -eu
${functions.join('\n')}
again() {
  for attempt in 1 2 3 4; do
    if "$1" "$2"; then return 0; fi
    echo "bench-again $attempt"
    sleep 2
  done
  "$1" "$2"
}
${turns.join('\n')}
${say('end')}
`;
}
