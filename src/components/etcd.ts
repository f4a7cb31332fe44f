import { type Cluster, type Node, nodesWithRole } from '../cluster/cluster.ts';
import type { Placement } from '../engine/description.ts';
import type { FileResource } from '../engine/resource.ts';
import { formatPairs } from '../render/flags.ts';
import type { Render } from '../render/templates.ts';
import { authorityFiles } from './authorities.ts';
import { certificates } from './certificates.ts';
import { type Describe, unitFile, unitName } from './component.ts';
import { account, dataDirectory, directory, etcdPkiDirectory, programs, textFile } from './parts.ts';
import { strongSuites } from './tls.ts';
import { urlOf } from './url.ts';

export const etcdDataDirectory = '/var/lib/etcd';
export const initialClusterPath = '/etc/etcd/initial-cluster.env';

const byName = (a: Node, b: Node) => (a.name < b.name ? -1 : 1);

/** Members the inventory wants, sorted by name. */
export function etcdNodes(cluster: Cluster): readonly Node[] {
  return nodesWithRole(cluster, 'etcd').toSorted(byName);
}

export function etcdPeerURL(node: Node): string {
  return urlOf('https', node.internalAddress, 2380);
}

/**
 * What etcd reads while its data directory is empty. `members`, name -> peer URL: all founders of a new cluster, or, for a node
 * that joins, the members at that moment and itself; absent once the node is a member, so that it never founds or joins anew.
 */
export function initialClusterFile(
  render: Render,
  state: 'new' | 'existing',
  members: ReadonlyMap<string, string> = new Map(),
): FileResource {
  const list = [...members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, url]) => `${name}=${url}`);
  return textFile(initialClusterPath, render('etcd/initial-cluster.env', { state, members: list.join(',') }));
}

/** Founders all know each other; who joins knows who is there; everybody else only reads its data. */
function firstStart(cluster: Cluster, node: Node, { etcdExists, etcdJoins }: Placement, render: Render): FileResource {
  if (!etcdExists)
    return initialClusterFile(render, 'new', new Map(etcdNodes(cluster).map((member) => [member.name, etcdPeerURL(member)])));
  const join = etcdJoins.get(node.name);
  return initialClusterFile(render, 'existing', join?.stage === 'promote' ? undefined : join?.members);
}

function etcdFlags(cluster: Cluster, node: Node) {
  return {
    'advertise-client-urls': urlOf('https', node.internalAddress, 2379),
    'auto-tls': false,
    'cert-file': `${etcdPkiDirectory}/server.crt`,
    'cipher-suites': strongSuites.join(','),
    'client-cert-auth': true,
    'data-dir': etcdDataDirectory,
    // Wrong data is found at the start and between members, before it spreads.
    'feature-gates': formatPairs({ CompactHashCheck: true, InitialCorruptCheck: true }),
    'initial-advertise-peer-urls': etcdPeerURL(node),
    'initial-cluster-token': cluster.name,
    'key-file': `${etcdPkiDirectory}/server.key`,
    'listen-client-urls': `https://127.0.0.1:2379,${urlOf('https', node.internalAddress, 2379)}`,
    'listen-metrics-urls': 'http://127.0.0.1:2381',
    'listen-peer-urls': etcdPeerURL(node),
    name: node.name,
    'peer-auto-tls': false,
    'peer-cert-file': `${etcdPkiDirectory}/peer.crt`,
    'peer-client-cert-auth': true,
    'peer-key-file': `${etcdPkiDirectory}/peer.key`,
    'peer-trusted-ca-file': `${etcdPkiDirectory}/ca.crt`,
    // 8 GiB, the most that etcd's authors recommend.
    'quota-backend-bytes': 8 * 1024 ** 3,
    'tls-min-version': 'TLS1.2',
    'trusted-ca-file': `${etcdPkiDirectory}/ca.crt`,
    // API servers see how far an idle watch has come.
    'watch-progress-notify-interval': '5s',
  };
}

export const describeEtcd: Describe = (cluster, node, placement, render) => {
  const { binaries, links } = programs('etcd', placement.versions.etcd, ['etcd', 'etcdctl', 'etcdutl']);
  const unit = unitFile(render, node, 'etcd', etcdFlags(cluster, node));
  const initialCluster = firstStart(cluster, node, placement, render);
  // Not among the inputs: leaf certificates, which etcd reads anew for each connection, and what only an empty member reads.
  const inputs = [unit.path, '/opt/kcluster/bin/etcd', `${etcdPkiDirectory}/ca.crt`];
  return {
    component: 'etcd',
    install: [
      account('etcd', etcdDataDirectory),
      directory('/etc/etcd'),
      directory(etcdPkiDirectory, { mode: 0o700, owner: 'etcd' }),
      dataDirectory(etcdDataDirectory, { mode: 0o700, owner: 'etcd' }),
      ...binaries,
    ],
    run: [
      ...links,
      ...authorityFiles(cluster, node).filter((file) => file.owner === 'etcd'),
      ...certificates(cluster, node, ['etcd-server', 'etcd-peer', 'etcd-healthcheck-client']),
      initialCluster,
      unit,
      { kind: 'unit', unit: unitName('etcd'), inputs },
    ],
    unit: unitName('etcd'),
    health: [{ component: 'etcd', url: 'http://127.0.0.1:2381/readyz' }],
    ports: [
      { component: 'etcd', port: 2379, protocol: 'tcp', reach: 'nodes' },
      { component: 'etcd', port: 2380, protocol: 'tcp', reach: 'nodes' },
      { component: 'etcd', port: 2381, protocol: 'tcp', reach: 'host' },
    ],
  };
};
