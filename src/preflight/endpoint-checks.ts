import { apiServerName } from '../cluster/api-server-url.ts';
import { canonicalAddress } from '../cluster/cidr.ts';
import { type Cluster, kubeletNodes, type Node, nodesWithRole } from '../cluster/cluster.ts';
import { clusterAuthorityPath } from '../components/authorities.ts';
import { readyPath } from '../components/endpoint.ts';
import { startStampPath } from '../components/joining.ts';
import type { EndpointSeen } from '../engine/observation.ts';
import type { Probe } from '../engine/probe.ts';
import type { Check, Found, Situation } from './check.ts';

const mendIt =
  'mend the load balancer or virtual address: it must pass TCP on to port 6443 of the control planes, and ask them for /readyz';

function probes(cluster: Cluster, node: Node, authority: string | undefined): readonly Probe[] {
  const { endpoint } = cluster;
  if (endpoint === undefined || !kubeletNodes(cluster).includes(node)) return [];
  const trust = { caFile: clusterAuthorityPath, ...(authority === undefined ? {} : { authority }), serverName: apiServerName };
  return [{ kind: 'endpoint', ...endpoint, path: readyPath, ...trust }];
}

function nameOf({ desired, seen }: Situation): string {
  const { host = '', port = 0 } = desired.cluster.endpoint ?? {};
  const known = (seen.endpoint?.addresses ?? []).filter((address) => address !== host);
  return `${host}:${port}${known.length === 0 ? '' : ` (${known.join(', ')})`}`;
}

/** Its kubelets were started, and an API server says on its own host that it is ready: then the endpoint leads to it. */
function isInUse({ desired, observations }: Situation): boolean {
  const serves = nodesWithRole(desired.cluster, 'control-plane').some((node) => {
    const health = desired.describe(node).find(({ component }) => component === 'kube-apiserver')?.health ?? [];
    return health.some(({ url }) => observations.get(node.name)?.health.get(url)?.status === 200);
  });
  // None is started before the endpoint answered.
  return serves && [...observations.values()].some(({ contents }) => contents.has(startStampPath('kubelet.service')));
}

type Judge = (at: string, seen: EndpointSeen) => Found | undefined;
type Verdicts = Readonly<Record<EndpointSeen['result'], Judge>>;

const well: Judge = () => undefined;
const untried: Judge = (at) => ({
  message: `curl is not there, by which ${at} is asked`,
  remedy: 'nothing to do: kcluster installs curl, and waits for the endpoint later',
  severity: 'warning',
});
const silent: Judge = (at, { fault }) => ({
  message: `${at} does not answer: ${fault}`,
  remedy:
    'correct cluster.endpoint, or let TCP through to it; before there is an API server it may refuse connections, but not swallow them',
});
const foreign: Judge = (at) => ({
  message: `${at} answers with a certificate that is not this cluster's: somebody else is there, or TLS ends there`,
  remedy: 'correct cluster.endpoint, or let the load balancer pass TCP through to the API servers of this cluster',
});
const unnamed: Judge = (at) => ({
  message: `the certificate behind ${at} does not name it yet`,
  remedy: 'nothing to do where the endpoint is new: this run issues certificates that do; else look at what stands there',
  severity: 'warning',
});

/** Nobody uses it yet: it may be anything but somebody else's. */
const before: Verdicts = { untried, silent, refused: well, closed: well, verified: well, unnamed, unverified: foreign, foreign };

const nobody: Judge = (at, { fault }) => ({ message: `no API server answers behind ${at}: ${fault}`, remedy: mendIt });
const inUse: Verdicts = {
  ...before,
  silent: nobody,
  refused: nobody,
  closed: nobody,
  unverified: well,
  verified: (at, { status }) =>
    status === 200 ? undefined : { message: `${at} answers ${status} to ${readyPath}`, remedy: mendIt, severity: 'warning' },
};

/** The one control plane whose address it is; undefined: another address, or those of several. */
function onlyOwner({ desired, seen }: Situation): Node | undefined {
  const addresses = seen.endpoint?.addresses ?? [];
  const owners = nodesWithRole(desired.cluster, 'control-plane');
  const own = owners.find((node) => {
    const mine = [node.address, node.internalAddress].map(canonicalAddress);
    return addresses.length > 0 && addresses.every((address) => mine.includes(address));
  });
  return owners.length > 1 ? own : undefined;
}

/** A load balancer or virtual address as every node with pods sees it. Whether all control planes are behind it, nobody can see. */
export const endpointChecks: readonly Check[] = [
  {
    id: 'EndpointName',
    title: 'the name of cluster.endpoint is known on every node',
    severity: 'error',
    probes,
    look: ({ desired, seen }) =>
      seen.endpoint?.addresses?.length === 0
        ? [
            {
              message: `the name ${desired.cluster.endpoint?.host} is not known here`,
              remedy: "put it into the DNS that the node asks, or into the node's /etc/hosts; or correct cluster.endpoint",
            },
          ]
        : [],
  },
  {
    id: 'EndpointAnswers',
    title: 'every node reaches cluster.endpoint, and finds nobody else there',
    severity: 'error',
    probes,
    look: (situation) => {
      const { endpoint } = situation.seen;
      if (endpoint === undefined || endpoint.addresses?.length === 0) return [];
      const found = (isInUse(situation) ? inUse : before)[endpoint.result](nameOf(situation), endpoint);
      return found === undefined ? [] : [found];
    },
  },
  {
    id: 'EndpointOneNode',
    title: 'cluster.endpoint is more than one of several control planes',
    severity: 'warning',
    probes,
    look: (situation) => {
      const { node, observations } = situation;
      const owner = onlyOwner(situation);
      if (owner === undefined) return [];
      const [first] = [...observations]
        .filter(([, { endpoint }]) => endpoint !== undefined)
        .map(([name]) => name)
        .sort();
      if (node.name !== first) return [];
      const message = `${nameOf(situation)} is the node ${owner.name} itself: when it fails, no other API server is found`;
      return [{ message, remedy: 'use a load balancer or a virtual address, or leave cluster.endpoint out' }];
    },
  },
];
