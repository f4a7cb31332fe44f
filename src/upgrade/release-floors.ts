import type { ComponentName } from '../cluster/cluster.ts';

/** A line of releases: when upstream stops mending it, and the first release without the faults that are known. */
interface ReleaseLine {
  /** Last day, `2026-11-06`; absent: no date is known. */
  readonly ends?: string;
  readonly floor?: string;
  /** What the floor mends. */
  readonly mends?: string;
}

const etcdWatch = 'a watch that shows more than its reader may see (GHSA-xg4h-6gfc-h4m8)';
const runcMounts = 'mounts through which a container gets out (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881)';
const containerdAttach = 'directories that everybody may enter, and memory lost by attaching (CVE-2024-25621, CVE-2025-64329)';

/**
 * Component -> line -> what is known of it. Kubernetes: its page of patch releases; etcd: its change log, which mends the current and the
 * previous minor; containerd: RELEASES.md and advisories of November 2025; runc: advisories of November 2025.
 */
export const releaseLines: Readonly<Partial<Record<ComponentName, Readonly<Record<string, ReleaseLine>>>>> = {
  'kube-apiserver': {
    '1.34': { ends: '2026-10-27' },
    '1.35': { ends: '2027-02-28' },
    '1.36': { ends: '2027-06-28' },
    '1.37': { ends: '2027-10-28' },
  },
  etcd: {
    '3.5': { floor: '3.5.33', mends: etcdWatch },
    '3.6': { floor: '3.6.14', mends: etcdWatch },
    '3.7': { floor: '3.7.1', mends: etcdWatch },
  },
  containerd: {
    '1.7': { ends: '2026-09-30', floor: '1.7.29', mends: containerdAttach },
    '2.0': { ends: '2027-03-31', floor: '2.0.7', mends: containerdAttach },
    '2.1': { ends: '2026-07-03', floor: '2.1.5', mends: containerdAttach },
    '2.2': { ends: '2026-11-06', floor: '2.2.0', mends: containerdAttach },
    '2.3': { ends: '2028-04-30' },
    '2.4': { ends: '2027-04-26' },
  },
  runc: {
    '1.2': { floor: '1.2.8', mends: runcMounts },
    '1.3': { floor: '1.3.3', mends: runcMounts },
    '1.4': { floor: '1.4.0', mends: runcMounts },
  },
};
