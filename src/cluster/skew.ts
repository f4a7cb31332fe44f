import type { NodeName } from './cluster.ts';
import { formatVersion, type Version } from './version.ts';

/** Programs whose release must not be far from that of the API servers. */
export type Skewed = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubelet' | 'kube-proxy' | 'kubectl';

/** A program as it runs, or as it would run, on a node. */
export interface Running {
  readonly node: NodeName;
  readonly component: Skewed;
  readonly version: Version;
}

export interface SkewViolation {
  readonly node: NodeName;
  readonly component: Skewed;
  /** What is wrong, with both releases and where they run. */
  readonly message: string;
}

interface Bounds {
  /** Minors that it may be newer than the oldest API server. */
  readonly newer: number;
  /** Minors that it may be older than the newest API server. */
  readonly older: number;
}

/** kubernetes.io/releases/version-skew-policy: both bounds hold for every API server that the program may reach, so for all of them. */
const bounds: Readonly<Record<Exclude<Skewed, 'kube-apiserver'>, Bounds>> = {
  'kube-controller-manager': { newer: 0, older: 1 },
  'kube-scheduler': { newer: 0, older: 1 },
  kubelet: { newer: 0, older: 3 },
  'kube-proxy': { newer: 0, older: 3 },
  kubectl: { newer: 1, older: 1 },
};

/** kube-proxy and kubelet of one node, either way. */
const proxyToKubelet = 3;

const plural = (count: number): string => (count === 1 ? 'one minor' : `${count} minors`);
const at = ({ node, component, version }: Running): string => `${component} ${formatVersion(version)} on ${node}`;

/** How many minors `a` is newer than `b`; a major apart is further than anything is allowed to be. */
function distance(a: Version, b: Version): number {
  return a.major === b.major ? a.minor - b.minor : (a.major - b.major) * 1000;
}

function judgeOne(running: Running, oldest: Running, newest: Running): readonly string[] {
  if (running.component === 'kube-apiserver') return [];
  const { newer, older } = bounds[running.component];
  if (distance(running.version, oldest.version) > newer) {
    const allowed = newer === 0 ? 'it must not be newer' : `it may be ${plural(newer)} newer`;
    return [`${at(running)} is newer than ${at(oldest)}: ${allowed}`];
  }
  if (distance(newest.version, running.version) > older)
    return [`${at(running)} is too old for ${at(newest)}: it may be ${plural(older)} older`];
  return [];
}

function judgeApiServers(oldest: Running, newest: Running): readonly SkewViolation[] {
  if (distance(newest.version, oldest.version) <= 1) return [];
  const message = `${at(oldest)} is too old for ${at(newest)}: API servers may be one minor apart`;
  return [{ node: oldest.node, component: 'kube-apiserver', message }];
}

function judgeProxies(all: readonly Running[]): readonly SkewViolation[] {
  const kubelets = new Map(all.filter(({ component }) => component === 'kubelet').map((kubelet) => [kubelet.node, kubelet]));
  return all.flatMap((proxy) => {
    const kubelet = kubelets.get(proxy.node);
    if (proxy.component !== 'kube-proxy' || kubelet === undefined) return [];
    if (Math.abs(distance(proxy.version, kubelet.version)) <= proxyToKubelet) return [];
    const message = `${at(proxy)} and ${at(kubelet)} are too far apart: they may be ${plural(proxyToKubelet)} apart`;
    return [{ node: proxy.node, component: 'kube-proxy', message }];
  });
}

/** What of all that runs breaks the skew policy; without an API server nothing can. */
export function judgeSkew(all: readonly Running[]): readonly SkewViolation[] {
  const servers = all
    .filter(({ component }) => component === 'kube-apiserver')
    .toSorted((a, b) => distance(a.version, b.version) || (a.node < b.node ? -1 : 1));
  const [oldest, newest] = [servers[0], servers.at(-1)];
  if (oldest === undefined || newest === undefined) return judgeProxies(all);
  const others = all.flatMap((running) =>
    judgeOne(running, oldest, newest).map((message) => ({ node: running.node, component: running.component, message })),
  );
  return [...judgeApiServers(oldest, newest), ...others, ...judgeProxies(all)];
}
