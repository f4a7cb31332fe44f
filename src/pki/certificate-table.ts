import { adminAPIServerURL, nodeAPIServerURL, ownAPIServerURL } from '../cluster/api-server-url.ts';
import type { Cluster, KeyAlgorithm, Node } from '../cluster/cluster.ts';
import {
  apiServerSubjects,
  etcdSubjects,
  kubeletSubjects,
  loopbackSubjects,
  type Subjects,
  splitSubjects,
} from './certificate-subjects.ts';

export type Authority = 'cluster' | 'etcd' | 'front-proxy';
export type Usage = 'client' | 'server';

/** What a certificate shall say; holds no secret and survives JSON. */
export interface LeafRequest {
  readonly id: string;
  readonly ca: Authority;
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly usages: readonly Usage[];
  /** DNS names. */
  readonly names: readonly string[];
  /** IP addresses, canonical. */
  readonly addresses: readonly string[];
  readonly days: number;
  readonly keyAlgorithm: KeyAlgorithm;
}

export interface CertificateFile {
  readonly path: string;
  readonly part: 'certificate' | 'key' | 'kubeconfig';
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

/** A certificate on a node and the files that hold it. */
export interface CertificateEntry {
  readonly request: LeafRequest;
  readonly files: readonly CertificateFile[];
  /** Present when the one file is a kubeconfig. */
  readonly kubeconfig?: { readonly server: string; readonly user: string };
}

type Holder = (node: Node, cluster: Cluster) => boolean;

interface Row {
  readonly ca: Authority;
  readonly commonName: string | ((node: Node) => string);
  readonly organizations?: readonly string[];
  readonly usages: readonly Usage[];
  /** Names and addresses, mixed. */
  readonly subjects?: Subjects;
  readonly on: Holder;
  /** A pair `<stem>.crt` and `<stem>.key`, or a kubeconfig. */
  readonly form:
    | { readonly stem: string; readonly owner: 'root' | 'etcd' }
    | { readonly kubeconfig: string; readonly server: (cluster: Cluster, node: Node) => string };
}

const kubernetesPki = '/etc/kubernetes/pki';
const etcdPki = '/etc/etcd/pki';
const kubeletPki = '/var/lib/kubelet/pki';

/** Group that kcluster binds to cluster-admin; unlike system:masters it can be taken away. */
export const clusterAdminsGroup = 'kcluster:cluster-admins';
/** Group that kcluster binds to system:kubelet-api-admin. */
export const kubeletClientsGroup = 'kcluster:kubelet-api-clients';

const onControlPlane: Holder = (node) => node.roles.includes('control-plane');
const onEtcd: Holder = (node) => node.roles.includes('etcd');
const onKubelet: Holder = (node) => node.roles.some((role) => role !== 'etcd');
const onProxy: Holder = (node, cluster) => onKubelet(node, cluster) && cluster.network.proxyMode !== 'none';

const nodeUser = (node: Node): string => `system:node:${node.name}`;
const nodeName = (node: Node): string => node.name;
const ownURL = (_cluster: Cluster, node: Node): string => ownAPIServerURL(node);

/** Every certificate kcluster issues for a node; names and organizations are kubeadm's where it has them. */
export const certificateTable = {
  apiserver: {
    ca: 'cluster',
    commonName: 'kube-apiserver',
    usages: ['server'],
    subjects: apiServerSubjects,
    on: onControlPlane,
    form: { stem: `${kubernetesPki}/apiserver`, owner: 'root' },
  },
  'apiserver-kubelet-client': {
    ca: 'cluster',
    commonName: 'kube-apiserver-kubelet-client',
    organizations: [kubeletClientsGroup],
    usages: ['client'],
    on: onControlPlane,
    form: { stem: `${kubernetesPki}/apiserver-kubelet-client`, owner: 'root' },
  },
  'apiserver-etcd-client': {
    ca: 'etcd',
    commonName: 'kube-apiserver-etcd-client',
    usages: ['client'],
    on: (node, cluster) => onControlPlane(node, cluster) && cluster.etcd.given === undefined,
    form: { stem: `${kubernetesPki}/apiserver-etcd-client`, owner: 'root' },
  },
  'front-proxy-client': {
    ca: 'front-proxy',
    commonName: 'front-proxy-client',
    usages: ['client'],
    on: onControlPlane,
    form: { stem: `${kubernetesPki}/front-proxy-client`, owner: 'root' },
  },
  // etcd's gRPC gateway and its peers dial with the server certificate: both usages.
  'etcd-server': {
    ca: 'etcd',
    commonName: nodeName,
    usages: ['client', 'server'],
    subjects: etcdSubjects,
    on: onEtcd,
    form: { stem: `${etcdPki}/server`, owner: 'etcd' },
  },
  'etcd-peer': {
    ca: 'etcd',
    commonName: nodeName,
    usages: ['client', 'server'],
    subjects: etcdSubjects,
    on: onEtcd,
    form: { stem: `${etcdPki}/peer`, owner: 'etcd' },
  },
  'etcd-healthcheck-client': {
    ca: 'etcd',
    commonName: 'kube-etcd-healthcheck-client',
    usages: ['client'],
    on: onEtcd,
    form: { stem: `${etcdPki}/healthcheck-client`, owner: 'etcd' },
  },
  kubelet: {
    ca: 'cluster',
    commonName: nodeUser,
    organizations: ['system:nodes'],
    usages: ['server'],
    subjects: kubeletSubjects,
    on: onKubelet,
    form: { stem: `${kubeletPki}/kubelet`, owner: 'root' },
  },
  'kube-controller-manager': {
    ca: 'cluster',
    commonName: 'kube-controller-manager',
    usages: ['server'],
    subjects: loopbackSubjects,
    on: onControlPlane,
    form: { stem: `${kubernetesPki}/kube-controller-manager`, owner: 'root' },
  },
  'kube-scheduler': {
    ca: 'cluster',
    commonName: 'kube-scheduler',
    usages: ['server'],
    subjects: loopbackSubjects,
    on: onControlPlane,
    form: { stem: `${kubernetesPki}/kube-scheduler`, owner: 'root' },
  },
  'admin.conf': {
    ca: 'cluster',
    commonName: 'kubernetes-admin',
    organizations: [clusterAdminsGroup],
    usages: ['client'],
    on: onControlPlane,
    form: { kubeconfig: '/etc/kubernetes/admin.conf', server: adminAPIServerURL },
  },
  'controller-manager.conf': {
    ca: 'cluster',
    commonName: 'system:kube-controller-manager',
    usages: ['client'],
    on: onControlPlane,
    form: { kubeconfig: '/etc/kubernetes/controller-manager.conf', server: ownURL },
  },
  'scheduler.conf': {
    ca: 'cluster',
    commonName: 'system:kube-scheduler',
    usages: ['client'],
    on: onControlPlane,
    form: { kubeconfig: '/etc/kubernetes/scheduler.conf', server: ownURL },
  },
  'kubelet.conf': {
    ca: 'cluster',
    commonName: nodeUser,
    organizations: ['system:nodes'],
    usages: ['client'],
    on: onKubelet,
    form: { kubeconfig: '/etc/kubernetes/kubelet.conf', server: nodeAPIServerURL },
  },
  'proxy.conf': {
    ca: 'cluster',
    commonName: 'system:kube-proxy',
    usages: ['client'],
    on: onProxy,
    form: { kubeconfig: '/etc/kubernetes/proxy.conf', server: nodeAPIServerURL },
  },
} as const satisfies Readonly<Record<string, Row>>;

export type CertificateId = keyof typeof certificateTable;

function requestOf(id: string, row: Row, cluster: Cluster, node: Node): LeafRequest {
  return {
    id,
    ca: row.ca,
    commonName: typeof row.commonName === 'string' ? row.commonName : row.commonName(node),
    organizations: row.organizations ?? [],
    usages: row.usages,
    ...splitSubjects(row.subjects?.(cluster, node) ?? []),
    days: cluster.security.leafDays,
    keyAlgorithm: cluster.security.keyAlgorithm,
  };
}

function entryOf(id: string, row: Row, cluster: Cluster, node: Node): CertificateEntry {
  const request = requestOf(id, row, cluster, node);
  const { form } = row;
  if ('kubeconfig' in form) {
    const kubeconfig = { server: form.server(cluster, node), user: request.commonName };
    return { request, files: [{ path: form.kubeconfig, part: 'kubeconfig', mode: 0o600, owner: 'root', group: 'root' }], kubeconfig };
  }
  const { stem, owner } = form;
  return {
    request,
    files: [
      { path: `${stem}.crt`, part: 'certificate', mode: 0o644, owner, group: owner },
      { path: `${stem}.key`, part: 'key', mode: 0o600, owner, group: owner },
    ],
  };
}

/** One certificate of a node; undefined where it does not belong on it. */
export function certificateEntry(cluster: Cluster, node: Node, id: CertificateId): CertificateEntry | undefined {
  const row: Row = certificateTable[id];
  return row.on(node, cluster) ? entryOf(id, row, cluster, node) : undefined;
}

/** Every certificate that belongs on a node, in the order of the table. */
export function certificateEntries(cluster: Cluster, node: Node): readonly CertificateEntry[] {
  const rows: [string, Row][] = Object.entries(certificateTable);
  return rows.filter(([, row]) => row.on(node, cluster)).map(([id, row]) => entryOf(id, row, cluster, node));
}
