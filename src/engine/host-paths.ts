import type { CertificateEntry } from '../pki/certificate-table.ts';

/** Where kcluster keeps its own things on a host. */
export const hostPaths = {
  state: '/var/lib/kcluster',
  manifest: '/var/lib/kcluster/manifest.json',
  journal: '/var/lib/kcluster/journal.jsonl',
  lock: '/var/lib/kcluster/lock',
  /** What a unit's process was started with, one file a unit. */
  unitStamps: '/var/lib/kcluster/units',
  /** What was issued, one file a certificate. */
  issueStamps: '/var/lib/kcluster/issued',
  /** On a node that is joining (components/joining.ts). */
  joining: '/var/lib/kcluster/joining',
  /** What a step of an upgrade replaced, until its gate holds. */
  kept: '/var/lib/kcluster/kept',
  runtime: '/run/kcluster',
  /** What kubectl would else keep under the home directory of root. */
  kubectlCache: '/run/kcluster/kubectl',
  /** What a node is expected to get back after its drain, one file a node. */
  drained: '/run/kcluster/drained',
  etcdPki: '/etc/etcd/pki',
  kubernetesPki: '/etc/kubernetes/pki',
  adminKubeconfig: '/etc/kubernetes/admin.conf',
  /** `<component>/<release>/<program>` below it, and the links to those in use. */
  programs: '/opt/kcluster',
  binaries: '/opt/kcluster/bin',
  images: '/opt/kcluster/images',
} as const;

/** Where the digest of an uploaded file is kept, with the size and time it then had. */
export function verifiedPath(path: string): string {
  return path.replace(/([^/]+)$/, '.$1.verified');
}

export function unitStampPath(unit: string): string {
  return `${hostPaths.unitStamps}/${unit}`;
}

/** Key under which a look tells the programs of kcluster that run, as `entries`. */
export const runningPrograms = '/proc/*/exe';

/** What a step kept; it is named after its phase and the release that it leads to. */
export function keptPath(name: string): string {
  return `${hostPaths.kept}/${name}`;
}

/** What that step has started a unit with: the same text as the unit's stamp for as long as nobody has started it since. */
export function keptStampPath(name: string, unit: string): string {
  return `${keptPath(name)}/started/${unit}`;
}

/** A kubeconfig that points elsewhere is another one: its server is part of the name. */
export function issueStampPath({ request, kubeconfig }: CertificateEntry): string {
  const server = kubeconfig === undefined ? '' : `@${new URL(kubeconfig.server).host}`;
  return `${hostPaths.issueStamps}/${request.id}${server}`;
}
