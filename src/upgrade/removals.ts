import type { ComponentName } from '../cluster/cluster.ts';
import gates from './feature-gates.json' with { type: 'json' };

/** What a minor does not know any more: a program that is told of it does not start. */
interface Removals {
  readonly flags: Readonly<Partial<Record<ComponentName, readonly string[]>>>;
  readonly admissionPlugins: readonly string[];
}

/** Deprecated flags of cAdvisor, of which only `housekeeping-interval` is left; CHANGELOG-1.37 and the kubelet's globalflags_linux.go of 1.36.5. */
const cadvisorFlags = [
  'application-metrics-count-limit',
  'boot-id-file',
  'container-hints',
  'containerd',
  'containerd-namespace',
  'enable-load-reader',
  'event-storage-age-limit',
  'event-storage-event-limit',
  'global-housekeeping-interval',
  'log-cadvisor-usage',
  'machine-id-file',
  'storage-driver-buffer-duration',
  'storage-driver-db',
  'storage-driver-host',
  'storage-driver-password',
  'storage-driver-secure',
  'storage-driver-table',
  'storage-driver-user',
] as const;

/**
 * By minor. Flags: CHANGELOG of each minor, and `--help` of 1.36.5 and 1.37.1 side by side. Plugins: AllOrderedPlugins of
 * pkg/kubeapiserver/options/plugins.go in 1.35.4, 1.36.5 and 1.37.1. In 1.36 none of either went. No field of the configuration files of
 * kubelet and kube-proxy went: their types of 1.35.4, 1.36.5 and 1.37.1 were compared.
 */
export const removals: Readonly<Record<string, Removals>> = {
  '1.35': { flags: { kubelet: ['pod-infra-container-image'] }, admissionPlugins: [] },
  '1.37': {
    flags: {
      kubelet: cadvisorFlags,
      'kube-proxy': ['boot-id-file', 'machine-id-file'],
      'kube-controller-manager': ['concurrent-service-syncs'],
    },
    admissionPlugins: ['JobValidation', 'PodGroupWorkloadExists'],
  },
};

/** What became of feature gates with a minor. */
interface GateChanges {
  readonly removed: readonly string[];
  /** Gate -> the only value that it takes since. */
  readonly locked: Readonly<Record<string, boolean>>;
}

/** By minor; written by build/feature-gates.ts from Kubernetes' own list, versioned_feature_list.yaml. */
export const gateChanges: Readonly<Record<string, GateChanges>> = gates;

/** Patterns of etcd's flags by the minor that does not know them; upgrade guides of etcd, and the flags of 3.6.16 and 3.7.3. */
export const etcdRemovals: Readonly<Record<string, RegExp>> = {
  '3.6': /^(enable-v2|experimental-enable-v2v3|proxy(-.+)?)$/,
  '3.7': /^(enable-v2|experimental-.+|proxy(-.+)?)$/,
};
