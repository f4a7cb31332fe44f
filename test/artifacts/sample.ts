import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';
import type { ArchiveArtifact, FileArtifact, ImageArtifact } from '../../src/artifacts/artifact.ts';
import { type Cluster, type ComponentName, componentNames, type Node } from '../../src/cluster/cluster.ts';
import { parseVersion } from '../../src/cluster/version.ts';

export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

export async function putFile(root: string, path: string, content: string | Buffer): Promise<string> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
  return target;
}

export interface TarMember extends HeaderData {
  readonly path: string;
  readonly content?: string | Buffer;
}

/** A tar.gz with any entries, also ones that no tool would write. */
export function makeArchive(members: readonly TarMember[]): Buffer {
  const blocks = members.flatMap(({ content = '', ...header }) => {
    const body = Buffer.from(content);
    const head = Buffer.alloc(512);
    new Header({ mode: 0o755, type: 'File', size: body.length, mtime: new Date(0), ...header }).encode(head);
    return [head, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const release = 'https://downloads.example/tool/v1.2.3';

export const fileArtifact: FileArtifact = {
  id: 'runc@1.2.3/amd64',
  component: 'runc',
  version: '1.2.3',
  arch: 'amd64',
  kind: 'file',
  url: `${release}/runc.amd64`,
  checksum: { url: `${release}/runc.sha256sum` },
  binaries: [{ name: 'runc' }],
};

export const archiveArtifact: ArchiveArtifact = {
  id: 'etcd@1.2.3/amd64',
  component: 'etcd',
  version: '1.2.3',
  arch: 'amd64',
  kind: 'archive',
  url: `${release}/etcd.tar.gz`,
  checksum: { url: `${release}/SHA256SUMS` },
  binaries: [
    { name: 'etcd', member: 'etcd-v1.2.3/etcd' },
    { name: 'etcdctl', member: 'etcd-v1.2.3/etcdctl' },
  ],
};

export const imageArtifact: ImageArtifact = {
  id: 'pause@3.10/amd64',
  component: 'pause',
  version: '3.10',
  arch: 'amd64',
  kind: 'image',
  reference: 'registry.example/pause:3.10',
  binaries: [],
};

/** Paths of the samples in a mirror. */
export const mirrorPaths = {
  file: 'downloads.example/tool/v1.2.3/runc.amd64',
  fileChecksum: 'downloads.example/tool/v1.2.3/runc.sha256sum',
  archive: 'downloads.example/tool/v1.2.3/etcd.tar.gz',
  archiveChecksum: 'downloads.example/tool/v1.2.3/SHA256SUMS',
  image: 'images/registry.example/pause_3.10_amd64.tar',
  imageChecksum: 'images/registry.example/pause_3.10_amd64.tar.sha256',
} as const;

export function makeNode(name: string, roles: Node['roles'], versions: Partial<Record<ComponentName, string>> = {}): Node {
  const settings = (component: ComponentName) => {
    const version = versions[component];
    return { extraArgs: {}, config: {}, env: {}, ...(version === undefined ? {} : { version }) };
  };
  return {
    name,
    address: '192.0.2.1',
    internalAddress: '192.0.2.1',
    roles,
    labels: {},
    annotations: {},
    taints: [],
    ssh: { user: 'root', port: 22, jump: [], become: 'none' },
    components: Object.fromEntries(componentNames.map((component) => [component, settings(component)])) as Node['components'],
    state: 'present',
  };
}

export function makeCluster(kubernetes: string, nodes: readonly Node[], changes: Partial<Cluster> = {}): Cluster {
  const kubernetesVersion = parseVersion(kubernetes);
  if (kubernetesVersion === undefined) throw new RangeError(kubernetes);
  return {
    name: 'sample',
    kubernetesVersion,
    network: {
      podCIDRs: ['10.244.0.0/16'],
      serviceCIDRs: ['10.96.0.0/12'],
      nodeCIDRMaskSizes: [24],
      dnsDomain: 'cluster.local',
      plugin: 'routed',
      proxyMode: 'nftables',
    },
    etcd: { topology: 'stacked', snapshots: { keep: { last: 7, daily: 7, weekly: 4, monthly: 6 }, copyTo: [], encryptTo: [] } },
    addons: { coredns: true },
    security: { keyAlgorithm: 'ecdsa-p256', leafDays: 365, caDays: 3650, podSecurity: 'baseline', apiServerSANs: [] },
    artifacts: { source: 'operator', trust: 'pinned' },
    ignorePreflight: [],
    nodes,
    ...changes,
  };
}
