import type { JsonObject } from '../cluster/cluster.ts';
import type { DiskLatency } from './disk-latency.ts';
import type { EtcdSeen } from './etcd-seen.ts';
import type { KubePodsSeen } from './kube-pods.ts';
import type { DeprecatedApisSeen, KubeUpgradeSeen } from './kube-upgrade.ts';

export interface FileSeen {
  readonly type: 'file' | 'directory' | 'link' | 'other';
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly sizeBytes: number;
  /** Of regular files. */
  readonly sha256?: string;
  /** Of links. */
  readonly target?: string;
}

export interface UnitSeen {
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  readonly enabled: string;
  readonly needsReload: boolean;
  readonly restarts: number;
  readonly result: string;
}

export interface BinarySeen {
  readonly sizeBytes: number;
  /** sha256 that was verified on arrival, when size and mtime are still those of that moment. */
  readonly verifiedSha256?: string;
}

export interface HealthSeen {
  /** HTTP status, 0 when nothing answered. */
  readonly status: number;
}

export interface HostFacts {
  readonly osId: string;
  readonly osIdLike: string;
  readonly osVersion: string;
  readonly kernel: string;
  readonly machine: string;
  readonly hostname: string;
  readonly machineId: string;
  readonly cgroupVersion: 1 | 2;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly swapBytes: number;
  readonly systemdVersion: number;
  /** Seconds since 1970 by the host's clock. */
  readonly clockSeconds: number;
  readonly uid: number;
  readonly packageManager: 'apt' | 'dnf' | 'zypper' | 'unknown';
  /** Free bytes under /opt, /var/lib and /etc. */
  readonly freeBytes: Readonly<Record<string, number>>;
  /** Of the file systems that these are in, rounded down. */
  readonly freePercent: Readonly<Record<string, number>>;
}

export interface Listener {
  readonly port: number;
  readonly process: string;
}

/** What an endpoint of an etcd that others run answered to one host. */
export interface EtcdEndpointSeen {
  /** Says of itself that it is healthy. */
  readonly healthy: boolean;
  /** Absent: it did not say. */
  readonly version?: string;
  readonly clusterId?: string;
  /** Keys below the API server's prefix. */
  readonly keys?: number;
  /** curl's own words, or the HTTP status, when it is not healthy. */
  readonly fault: string;
}

/** What one host saw of the cluster's endpoint. */
export interface EndpointSeen {
  /** By the host's own resolver, canonical; none: the name is not known there. Absent: the host cannot be asked. */
  readonly addresses?: readonly string[];
  /**
   * `verified`: an API server of this cluster answers, under the endpoint's name; `unnamed`: under another name only. `unverified`:
   * somebody answers, and the host has no authority to judge him by. `foreign`: somebody answers with a certificate that is not
   * this cluster's. `closed`: connections come about and end without TLS, as before a balancer without servers. `silent`: no way
   * there, or no answer in time. `untried`: the host has no curl.
   */
  readonly result: 'untried' | 'silent' | 'refused' | 'closed' | 'verified' | 'unnamed' | 'unverified' | 'foreign';
  /** HTTP status, 0 when there is none. */
  readonly status: number;
  /** curl's words where something is wrong. */
  readonly fault: string;
}

/** What one host answered, as plain data: recorded, replayed in tests, compared. Absent keys were asked for and not there. */
export interface Observations {
  readonly asked: ReadonlySet<string>;
  readonly files: ReadonlyMap<string, FileSeen>;
  /** Directories that were asked about and are there without content. */
  readonly emptyDirectories: ReadonlySet<string>;
  readonly contents: ReadonlyMap<string, string>;
  readonly kubeconfigCertificates: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, UnitSeen>;
  /** How long units that run took to say that they are there, ms. */
  readonly startsMs: ReadonlyMap<string, number>;
  readonly users: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly modules: ReadonlySet<string>;
  readonly sysctls: ReadonlyMap<string, string>;
  readonly binaries: ReadonlyMap<string, BinarySeen>;
  /** undefined while containerd does not answer. */
  readonly images: ReadonlySet<string> | undefined;
  readonly health: ReadonlyMap<string, HealthSeen>;
  /** Node objects by name; undefined while no API server answers. */
  readonly kubeNodes: ReadonlyMap<string, JsonObject> | undefined;
  /** Live objects by `referenceKey`; undefined while no API server answers. */
  readonly kubeObjects: ReadonlyMap<string, JsonObject> | undefined;
  /** Pods of the nodes that were asked about; undefined while no API server answers. */
  readonly kubePods: KubePodsSeen | undefined;
  /** Unfinished pods by node; undefined while no API server answers. */
  readonly kubePodCounts: ReadonlyMap<string, number> | undefined;
  /** undefined while no API server answers, and where another host was asked. */
  readonly kubeUpgrade: KubeUpgradeSeen | undefined;
  /** undefined while this host's API server does not answer. */
  readonly deprecatedApis: DeprecatedApisSeen | undefined;
  /** undefined while no member of etcd answers on this host. */
  readonly etcd: EtcdSeen | undefined;
  /** undefined while no member runs on this host, or where it was not asked for. */
  readonly etcdFsync: DiskLatency | undefined;
  readonly facts: HostFacts | undefined;
  readonly listeners: readonly Listener[];
  /** Address -> reached without a gateway. */
  readonly onLink: ReadonlyMap<string, boolean>;
  /** Directory -> names in it; absent while there is none. */
  readonly entries: ReadonlyMap<string, readonly string[]>;
  /** undefined where it was not asked for. */
  readonly endpoint: EndpointSeen | undefined;
  /** By endpoint. */
  readonly givenEtcd: ReadonlyMap<string, EtcdEndpointSeen>;
}

export function emptyObservations(): Observations {
  return {
    asked: new Set(),
    files: new Map(),
    emptyDirectories: new Set(),
    contents: new Map(),
    kubeconfigCertificates: new Map(),
    units: new Map(),
    startsMs: new Map(),
    users: new Set(),
    commands: new Set(),
    modules: new Set(),
    sysctls: new Map(),
    binaries: new Map(),
    images: undefined,
    health: new Map(),
    kubeNodes: undefined,
    kubeObjects: undefined,
    kubePods: undefined,
    kubePodCounts: undefined,
    kubeUpgrade: undefined,
    deprecatedApis: undefined,
    etcd: undefined,
    etcdFsync: undefined,
    facts: undefined,
    listeners: [],
    onLink: new Map(),
    entries: new Map(),
    endpoint: undefined,
    givenEtcd: new Map(),
  };
}

export function referenceKey(kind: string, namespace: string | undefined, name: string): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}
