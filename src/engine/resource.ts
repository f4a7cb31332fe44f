import type { JsonObject, NodeName, Taint } from '../cluster/cluster.ts';
import type { CertificateEntry } from '../pki/certificate-table.ts';
import type { SecretName } from './secret-name.ts';

export interface PlainContent {
  readonly text: string;
}

/** Text that may be shown, or a secret by name whose bytes only the executor sees. */
export type Content = PlainContent | { readonly secret: SecretName };

interface Owned {
  /** Permission bits, for example 0o600. */
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

/** A file whose every byte kcluster decides. */
export interface FileResource extends Owned {
  readonly kind: 'file';
  readonly path: string;
  readonly content: Content;
  /** A secret that its giver renews: another value on the host is overwritten, where else it would be refused. */
  readonly replaceable?: true;
}

/** A file that kcluster wrote, and that must not be there any more. */
export interface GoneResource {
  readonly kind: 'gone';
  readonly path: string;
}

/** A unit that an earlier inventory wanted: neither running nor started at boot. */
export interface UnitGoneResource {
  readonly kind: 'unit-gone';
  readonly unit: string;
}

/** In this directory of kcluster's own nothing lies but these files; none: nor is it there itself. */
export interface OnlyResource {
  readonly kind: 'only';
  readonly path: string;
  readonly names: readonly string[];
}

/** Programs of releases that came before the one before these are not kept: neither what runs nor a way back needs them. */
export interface OldReleasesResource {
  readonly kind: 'old-releases';
  /** Component -> release that is to be in use. */
  readonly releases: ReadonlyMap<string, string>;
}

export interface DirectoryResource extends Owned {
  readonly kind: 'directory';
  readonly path: string;
  /** Holds data of a program: made when absent, never emptied by a run. */
  readonly data?: boolean;
}

export interface LinkResource {
  readonly kind: 'link';
  readonly path: string;
  readonly target: string;
}

/** A system account with its own group of the same name, no shell, no password. */
export interface UserResource {
  readonly kind: 'user';
  readonly name: string;
  readonly home: string;
}

/** A program the host must have; installed from the distribution when absent. */
export interface PackageResource {
  readonly kind: 'package';
  /** Program looked up in PATH. */
  readonly command: string;
  /** Package name per package manager. */
  readonly names: { readonly apt: string; readonly dnf: string; readonly zypper: string };
  /** Units that its installation would start by itself; they stay off. */
  readonly services?: readonly string[];
}

export interface ModuleResource {
  readonly kind: 'module';
  readonly name: string;
}

/** A live kernel setting; the file that keeps it over reboots is a FileResource of its own. */
export interface SysctlResource {
  readonly kind: 'sysctl';
  readonly key: string;
  readonly value: string;
}

/** One program of an artifact: /opt/kcluster/<component>/<version>/<name>. */
export interface BinaryResource {
  readonly kind: 'binary';
  readonly component: string;
  readonly version: string;
  readonly name: string;
  readonly path: string;
}

/** A container image that must be in containerd's k8s.io namespace. */
export interface ImageResource {
  readonly kind: 'image';
  readonly reference: string;
}

/** The archive of an image, on the host before its runtime can take it. */
export interface ImageArchiveResource {
  readonly kind: 'image-archive';
  readonly reference: string;
}

/** A certificate and its key, or a kubeconfig that holds both. */
export interface CertificateResource {
  readonly kind: 'certificate';
  readonly entry: CertificateEntry;
}

/** A systemd unit: enabled, running, and started after the last change of its inputs. */
export interface UnitResource {
  readonly kind: 'unit';
  readonly unit: string;
  /** Files, links and the unit file itself whose change means a restart. */
  readonly inputs: readonly string[];
  /** Those of the inputs that its process reads again on a reload: when only they change, no restart is needed. */
  readonly reloads?: readonly string[];
  /** oneshot units are active after they ran. */
  readonly oneshot?: boolean;
}

/** systemd knows the unit files as they are now: one daemon-reload after they were written. */
export interface SystemdResource {
  readonly kind: 'systemd';
}

/**
 * What a program makes by itself once it runs, or a kernel setting that it changes: never made by a run, taken away or set back by a
 * reset. A directory with `data` goes with its content, others only when they are empty.
 */
export interface ByproductResource {
  readonly kind: 'byproduct';
  readonly of: 'file' | 'directory' | 'sysctl';
  /** Path, or key of the setting. */
  readonly name: string;
  readonly data?: boolean;
}

/** The list on the host of what kcluster put there, written before any of it is: what a reset takes away, and nothing else. */
export interface OwnershipResource {
  readonly kind: 'ownership';
  readonly cluster: string;
  /** Everything that will be put on this host. */
  readonly of: readonly Resource[];
}

/** An object of the Kubernetes API: everything that it says must be so, what it does not say is left alone. */
export interface KubeResource {
  readonly kind: 'kube-object';
  readonly object: JsonObject;
}

/** Taints of a node by the inventory: they come and go with it, those of others stay. */
export interface TaintsResource {
  readonly kind: 'node-taints';
  readonly node: NodeName;
  readonly taints: readonly Taint[];
}

/** Whether a node is kept from taking pods because its host is absent: a taint of kcluster's own says so. */
export interface AbsenceResource {
  readonly kind: 'node-absence';
  readonly node: NodeName;
  readonly absent: boolean;
}

/** Membership of a node that joins etcd: a learner before its first start, a voter once it has caught up. */
export interface EtcdMemberResource {
  readonly kind: 'etcd-member';
  readonly as: 'learner' | 'voter';
  readonly name: string;
  readonly peerURL: string;
  /** Client URLs of the members that are there. */
  readonly endpoints: readonly string[];
}

/** What should be there, as data. One file a kind under engine/kinds/ knows how to look at it and how to converge it. */
export type Resource =
  | FileResource
  | GoneResource
  | UnitGoneResource
  | OnlyResource
  | OldReleasesResource
  | DirectoryResource
  | LinkResource
  | UserResource
  | PackageResource
  | ModuleResource
  | SysctlResource
  | BinaryResource
  | ImageResource
  | ImageArchiveResource
  | CertificateResource
  | UnitResource
  | SystemdResource
  | ByproductResource
  | OwnershipResource
  | KubeResource
  | TaintsResource
  | AbsenceResource
  | EtcdMemberResource;

export type ResourceKind = Resource['kind'];
