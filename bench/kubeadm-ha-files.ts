import type { MachineFacts } from '../src/lab/machine-facts.ts';
import { shellQuote } from '../src/render/shell-quote.ts';
import {
  clusterConfiguration,
  kubeadmCommand,
  kubeletConfiguration,
  nodeRegistration,
  waivedFinding,
  yamlDocuments,
} from './kubeadm-files.ts';

export interface KubeadmNode {
  readonly name: string;
  readonly address: string;
  readonly role: 'first' | 'control-plane' | 'worker';
}

export interface KubeadmCluster {
  readonly kubernetes: string;
  readonly nodes: readonly KubeadmNode[];
  /** `10.0.0.21:6443`, of the balancer. */
  readonly endpoint: string;
  readonly facts: MachineFacts;
}

/** For clusters that live for minutes on hosts of this machine. */
const token = 'abcdef.0123456789abcdef';
const certificateKey = '0123456789abcdef'.repeat(4);
const hashPlaceholder = 'sha256:HASH-OF-THE-AUTHORITY';
const apiVersion = 'kubeadm.k8s.io/v1beta4';

const localEndpoint = (address: string) => ({ localAPIEndpoint: { advertiseAddress: address, bindPort: 6443 } });

/** What `kubeadm init` or `kubeadm join` is told on a node; the hash is filled in once there is an authority. */
export function kubeadmHaConfig(cluster: KubeadmCluster, node: KubeadmNode): string {
  const { kubernetes, endpoint, facts } = cluster;
  if (node.role !== 'first') {
    const controlPlane = node.role === 'worker' ? {} : { controlPlane: { ...localEndpoint(node.address), certificateKey } };
    const bootstrapToken = { apiServerEndpoint: endpoint, token, caCertHashes: [hashPlaceholder] };
    return yamlDocuments([
      { apiVersion, kind: 'JoinConfiguration', nodeRegistration: nodeRegistration(node), discovery: { bootstrapToken }, ...controlPlane },
    ]);
  }
  return yamlDocuments([
    {
      apiVersion,
      kind: 'InitConfiguration',
      bootstrapTokens: [{ token, groups: ['system:bootstrappers:kubeadm:default-node-token'], usages: ['signing', 'authentication'] }],
      certificateKey,
      ...localEndpoint(node.address),
      nodeRegistration: nodeRegistration(node),
    },
    { ...clusterConfiguration(kubernetes), controlPlaneEndpoint: endpoint },
    kubeletConfiguration(facts),
  ]);
}

/** Debian's haproxy in front of all API servers, as quick to find a ready one as kcluster's: an unready one is asked when there is no other. */
export function balancerConfig({ nodes }: KubeadmCluster): string {
  const servers = nodes
    .filter(({ role }) => role !== 'worker')
    .map(({ name, address }) => `  server ${name} ${address}:6443`)
    .join('\n');
  return `defaults
  mode tcp
  retries 3
  option redispatch 1
  timeout connect 2s
  timeout check 3s
  timeout client 2h
  timeout server 2h

frontend apiserver
  bind *:6443
  use_backend ready if { nbsrv(ready) gt 0 }
  default_backend any

backend ready
  balance random
  option httpchk GET /readyz
  http-check expect status 200
  default-server check check-ssl verify none inter 1s fall 2 rise 1
${servers}

backend any
  balance random
${servers}
`;
}

/** What the operator's script says as each of its parts begins: the time in ms since 1970, and the part. */
export const stamp = 'bench-clock';
/** A line of a script. */
export const say = (part: string): string => `echo "${stamp} $(date +%s%3N) ${part}"`;

const authorityHash = 'openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum';

/**
 * A script that an operator would write: the first control plane, the others one after the other, as etcd has it, then all workers at once.
 * The clock starts on the first host itself, without ssh.
 * @param ssh command line that runs the word appended to it on a node
 */
export function operatorScript({ nodes }: KubeadmCluster, ssh: (node: KubeadmNode) => readonly string[]): string {
  const named = nodes.map((node, index) => ({ ...node, call: `node${index + 1}` }));
  const calls = (role: KubeadmNode['role']) => named.filter((node) => node.role === role);
  const functions = named.map((node) => `${node.call}() { ${ssh(node).map(shellQuote).join(' ')} "$1"; }`);
  const founding = calls('first').flatMap(({ call }) => [
    `${call} ${shellQuote(`${say('init')}; exec ${kubeadmCommand} --upload-certs`)}`,
    `hash=$(${call} ${shellQuote(authorityHash)})`,
  ]);
  const joins = calls('control-plane').flatMap(({ call, name }) => [say(`join ${name}`), `join ${call}`]);
  const workers = calls('worker');
  return `set -eu
${functions.join('\n')}
join() { "$1" "sed -i 's/${hashPlaceholder}/sha256:\${hash%% *}/' /etc/kubeadm.yaml && exec kubeadm join --config /etc/kubeadm.yaml ${waivedFinding}"; }
${founding.join('\n')}
${joins.join('\n')}
${say('join workers')}
${workers.map(({ call }) => `join ${call} & ${call}=$!`).join('\n')}
${workers.map(({ call }) => `wait "$${call}"`).join('\n')}
${say('end')}
`;
}
