/** One thing to look at on a host, as data; all probes of a host travel in one script. */
export type Probe =
  /** Type, mode, owner, sha256 (regular files) or target (links). */
  | { readonly kind: 'file'; readonly path: string }
  /** Whether a directory is there and holds nothing that somebody put into it. */
  | { readonly kind: 'empty-directory'; readonly path: string }
  /** Bytes of a public file. */
  | { readonly kind: 'content'; readonly path: string }
  /** Certificate embedded in a kubeconfig, without its key. */
  | { readonly kind: 'kubeconfig-certificate'; readonly path: string }
  | { readonly kind: 'unit'; readonly unit: string }
  /** How long a unit that runs took to say that it is there. */
  | { readonly kind: 'start-time'; readonly unit: string }
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'command'; readonly name: string }
  | { readonly kind: 'module'; readonly name: string }
  | { readonly kind: 'sysctl'; readonly key: string }
  /** Size, mtime and the record written when the binary was verified. */
  | { readonly kind: 'binary'; readonly path: string }
  | { readonly kind: 'images' }
  /** Image archives that were staged, as `binary`. */
  | { readonly kind: 'image-archives' }
  | { readonly kind: 'health'; readonly url: string; readonly caFile?: string }
  /** All Node objects, asked through this host's admin.conf. */
  | { readonly kind: 'kube-nodes' }
  | { readonly kind: 'kube-objects'; readonly references: readonly KubeReference[] }
  /** Pods of a node, with all PodDisruptionBudgets and the workloads of one replica; asked on control-plane hosts. */
  | { readonly kind: 'kube-pods'; readonly node: string }
  /** How many unfinished pods each node has; asked on control-plane hosts. */
  | { readonly kind: 'kube-pod-counts' }
  /** What may be in the way of an upgrade; asked on control-plane hosts, and left to those whose readiness endpoint in `others` answers. */
  | { readonly kind: 'kube-upgrade'; readonly others: readonly string[]; readonly caFile: string }
  /** APIs that go away and were asked for, by this host's API server since its start, and by its audit log. */
  | { readonly kind: 'deprecated-apis'; readonly auditLog: string }
  /** The member list of etcd and the status of each member, through the member on this host. */
  | { readonly kind: 'etcd' }
  /** The same of an etcd that others run, through the first of these that answers, with the credentials of this host's API server. */
  | { readonly kind: 'etcd-through'; readonly endpoints: readonly string[] }
  /** How long the member on this host took until its log was safe, as it measured since its start. */
  | { readonly kind: 'etcd-fsync' }
  | { readonly kind: 'facts' }
  /** TCP listeners with their process names. */
  | { readonly kind: 'listeners' }
  /** Whether the address is reached without a gateway. */
  | { readonly kind: 'route'; readonly address: string }
  /** Programs below /opt/kcluster by their paths there, and the paths of those that run; both are told as `entries`. */
  | { readonly kind: 'programs' }
  /** Names in a directory, hidden ones left out. */
  | { readonly kind: 'entries'; readonly path: string }
  /**
   * The cluster's endpoint as this host resolves and reaches it. Judged by `authority`, a certificate, else by `caFile` where the
   * host has it; `serverName` is in every API server's certificate.
   */
  | {
      readonly kind: 'endpoint';
      readonly host: string;
      readonly port: number;
      readonly path: string;
      readonly caFile: string;
      readonly authority?: string;
      readonly serverName: string;
    }
  /** Members of an etcd that others run, asked with the credentials that come on the script's standard input (`givenEtcdInput`). */
  | { readonly kind: 'given-etcd'; readonly endpoints: readonly string[]; readonly prefix: string };

export interface KubeReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Equal keys mean the same question; a batch asks each once. */
export function probeKey(probe: Probe): string {
  return JSON.stringify(probe);
}
