import { apiServerName, apiServerPort, balancerAddress, balancerPort } from '../cluster/api-server-url.ts';
import { addressFamily } from '../cluster/cidr.ts';
import { type Cluster, kubeletNodes, nodesWithRole } from '../cluster/cluster.ts';
import type { Placement } from '../engine/description.ts';
import type { Describe } from './component.ts';
import { pkiDirectory, textFile, unitPath } from './parts.ts';

const unit = 'kcluster-balancer.service';
const configPath = '/etc/kcluster/haproxy.cfg';
const caFile = `${pkiDirectory}/ca.crt`;
const healthPort = 6445;

/** Checks that an API server gets in a second, at most: each is a TLS handshake. */
const checksPerSecond = 200;

/** In powers of two: as a cluster grows, every balancer is told another number only each time that it has doubled. */
function checkSeconds(balancers: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(balancers / checksPerSecond)));
}

/** By name, so that the order of the inventory changes nothing. An API server that missed something answers nobody before it is up to date. */
function servers(cluster: Cluster, { absences }: Placement) {
  const all = nodesWithRole(cluster, 'control-plane');
  const trusted = all.filter(({ name }) => !absences.has(name));
  return (trusted.length === 0 ? all : trusted)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, internalAddress }) => ({
      name,
      address: `${addressFamily(internalAddress) === 6 ? `[${internalAddress}]` : internalAddress}:${apiServerPort}`,
    }));
}

function configValues(cluster: Cluster, placement: Placement) {
  return {
    address: balancerAddress,
    port: balancerPort,
    healthPort,
    caFile,
    serverName: apiServerName,
    checkSeconds: checkSeconds(kubeletNodes(cluster).length),
    servers: servers(cluster, placement),
  };
}

/** HAProxy of the distribution in front of all API servers, for this node alone. */
export const describeBalancer: Describe = (cluster, _node, placement, render) => {
  const config = textFile(configPath, () => render('balancer/haproxy.cfg', configValues(cluster, placement)), { mode: 0o644 });
  const unitFile = textFile(unitPath(unit), () => render(`balancer/${unit}`, { config: configPath }));
  const reloads = [configPath, caFile];
  return {
    component: 'balancer',
    install: [],
    run: [config, unitFile, { kind: 'unit', unit, inputs: [unitFile.path, ...reloads], reloads }],
    unit,
    health: [{ component: 'balancer', url: `http://${balancerAddress}:${healthPort}/livez` }],
    ports: [
      { component: 'balancer', port: balancerPort, protocol: 'tcp', reach: 'host' },
      { component: 'balancer', port: healthPort, protocol: 'tcp', reach: 'host' },
    ],
  };
};
