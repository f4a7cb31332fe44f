import { nodesWithRole } from '../cluster/cluster.ts';
import { judgeSkew, type Running, type SkewViolation } from '../cluster/skew.ts';
import { judgeEtcdStep } from '../cluster/upgrade-path.ts';
import { formatVersion, parseVersion, type Version } from '../cluster/version.ts';
import { releaseAfter, skewedParts } from './running-parts.ts';
import type { Found, UpgradeCheck } from './upgrade-check.ts';
import type { UpgradeInput } from './upgrade-input.ts';

const keyOf = ({ node, component }: SkewViolation): string => `${component} ${node}`;

/** Where the parts stand at the points of a hop that are worst: the first API server is new, all of them are, everything is. */
function stagesOf(input: UpgradeInput, now: readonly Running[]): Readonly<Record<'begun' | 'servers' | 'done', readonly Running[]>> {
  const nodes = new Map(input.desired.cluster.nodes.map((node) => [node.name, node]));
  const after = (part: Running): Running => {
    const node = nodes.get(part.node);
    return { ...part, version: (node === undefined ? undefined : releaseAfter(input, part.component, node)) ?? part.version };
  };
  const first = now.find(({ component }) => component === 'kube-apiserver')?.node;
  return {
    begun: now.map((part) => (part.component === 'kube-apiserver' && part.node === first ? after(part) : part)),
    servers: now.map((part) => (part.component === 'kube-apiserver' ? after(part) : part)),
    done: now.map(after),
  };
}

/** What is apart now and is not any more after the hop is no obstacle to it; what the hop would bring apart is. */
function judgeSkewOfHop(input: UpgradeInput): readonly Found[] {
  const parts = skewedParts(input);
  const now = judgeSkew(parts);
  const { begun, servers, done } = stagesOf(input, parts);
  const nowKeys = new Set(now.map(keyOf));
  const ends = judgeSkew(done);
  const endKeys = new Set(ends.map(keyOf));
  const later = [begun, servers].flatMap(judgeSkew).filter((violation) => !nowKeys.has(keyOf(violation)));
  const coming = [...new Map([...later, ...ends].map((violation) => [keyOf(violation), violation])).values()];
  const hop = formatVersion(input.desired.cluster.kubernetesVersion);
  return [
    ...now
      .filter((violation) => !endKeys.has(keyOf(violation)))
      .map(({ node, message }): Found => ({ node, severity: 'warning', message, remedy: `the upgrade to ${hop} mends it` })),
    ...coming.map(({ node, component, message }): Found => {
      const remedy = `bring ${component} on ${node} to a release in reach of ${hop} first, and take older releases of it out of the inventory`;
      return { node, message: `on the way to ${hop}: ${message}`, remedy };
    }),
  ];
}

export const skewCheck: UpgradeCheck = {
  id: 'VersionSkew',
  title: 'no component is too far from the API servers, now and on the way',
  severity: 'error',
  mandatory: true,
  judge: judgeSkewOfHop,
};

/** Of each member by name, as it says itself, else by the link on its host. */
function etcdReleases({ running, observations }: UpgradeInput): ReadonlyMap<string, Version> {
  const releases = new Map(running.filter(({ component }) => component === 'etcd').map(({ node, version }) => [node, version]));
  for (const { etcd } of observations.values())
    for (const { id, name } of etcd?.members ?? []) {
      const version = parseVersion(etcd?.statuses.get(id)?.version ?? '');
      if (version !== undefined && name !== '') releases.set(name, version);
    }
  return releases;
}

export const etcdPathCheck: UpgradeCheck = {
  id: 'EtcdPath',
  title: 'etcd can become the release of the hop in one step',
  severity: 'error',
  mandatory: true,
  judge: (input) => {
    const { cluster } = input.desired;
    if (cluster.etcd.given !== undefined) return [];
    const releases = etcdReleases(input);
    return nodesWithRole(cluster, 'etcd').flatMap((node): readonly Found[] => {
      const [from, to] = [releases.get(node.name), releaseAfter(input, 'etcd', node)];
      const message = from === undefined || to === undefined ? undefined : judgeEtcdStep(from, to);
      if (message === undefined) return [];
      return [{ node: node.name, message, remedy: 'set components.etcd.version to a release on the way, and bring etcd there first' }];
    });
  },
};

export const downgradeCheck: UpgradeCheck = {
  id: 'Downgrade',
  title: 'no API server goes back to an older minor',
  severity: 'error',
  mandatory: true,
  judge: (input) =>
    nodesWithRole(input.desired.cluster, 'control-plane').flatMap((node): readonly Found[] => {
      const runs = input.running.find((release) => release.node === node.name && release.component === 'kube-apiserver')?.version;
      const wanted = releaseAfter(input, 'kube-apiserver', node);
      if (runs === undefined || wanted === undefined || runs.major < wanted.major) return [];
      if (runs.major === wanted.major && runs.minor <= wanted.minor) return [];
      const message = `kube-apiserver is ${formatVersion(runs)}, and the hop wants ${formatVersion(wanted)}: what a newer minor has written, an older one may not read`;
      return [{ node: node.name, message, remedy: `finish the upgrade to ${formatVersion(runs)} first: name it as the target` }];
    }),
};
