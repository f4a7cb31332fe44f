import type { ComponentName } from '../cluster/cluster.ts';

/** A line of releases: when upstream stops mending it, and the first release without the faults that are known. */
interface ReleaseLine {
  /** Last day, `2026-11-06`; absent: no date is known. */
  readonly ends?: string;
  readonly floor?: string;
  /** What the floor mends. */
  readonly mends?: string;
}

const etcdWatchAndHandshakes =
  'a watch that shows more than its reader may see, and TLS handshakes that nobody ends (GHSA-xg4h-6gfc-h4m8, GHSA-6vch-q96h-7gc3)';
const runcMounts = 'mounts through which a container gets out (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881)';
const runcDev = 'an image that writes to the host through /dev (CVE-2026-41579)';
const containerdImages = 'an image that has commands run on the host, or ends containerd (CVE-2026-53488, CVE-2026-47262)';
const containerdNewest = 'several faults with security advisories (CVE-2026-95839, CVE-2026-53493, CVE-2026-53495, CVE-2026-53488)';

/**
 * Component -> line -> what is known of it; read in November 2026. A line without a floor has none that its sources name.
 *
 * Kubernetes: ends of lines by its page of patch releases. etcd: CHANGELOG-3.5, -3.6 and -3.7, whose releases of 2026-07-23 mend the
 * same two advisories. containerd: ends of lines by RELEASES.md; floors by the release notes of 1.7.33, 2.0.10, 2.1.9, 2.2.5 and 2.3.2
 * of 2026-06-18, and of 2.3.5 to 2.3.7, which the other lines have no counterpart for here. runc: its CHANGELOG of 1.4.3, and the
 * advisory of it for 1.3.6; 1.2 by those of November 2025.
 */
export const releaseLines: Readonly<Partial<Record<ComponentName, Readonly<Record<string, ReleaseLine>>>>> = {
  'kube-apiserver': {
    '1.34': { ends: '2026-10-27' },
    '1.35': { ends: '2027-02-28' },
    '1.36': { ends: '2027-06-28' },
    '1.37': { ends: '2027-10-28' },
  },
  etcd: {
    '3.5': { floor: '3.5.33', mends: etcdWatchAndHandshakes },
    '3.6': { floor: '3.6.14', mends: etcdWatchAndHandshakes },
    '3.7': { floor: '3.7.1', mends: etcdWatchAndHandshakes },
  },
  containerd: {
    '1.7': { ends: '2026-09-30', floor: '1.7.33', mends: containerdImages },
    '2.0': { ends: '2027-03-31', floor: '2.0.10', mends: containerdImages },
    '2.1': { ends: '2026-07-03', floor: '2.1.9', mends: containerdImages },
    '2.2': { ends: '2026-11-06', floor: '2.2.5', mends: containerdImages },
    '2.3': { ends: '2028-04-30', floor: '2.3.7', mends: containerdNewest },
    '2.4': { ends: '2027-04-26' },
  },
  runc: {
    '1.2': { floor: '1.2.8', mends: runcMounts },
    '1.3': { floor: '1.3.6', mends: runcDev },
    '1.4': { floor: '1.4.3', mends: runcDev },
  },
};
