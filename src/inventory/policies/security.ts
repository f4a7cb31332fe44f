import type { Draft } from '../draft.ts';
import { sshOf } from '../node-defaults.ts';
import { errorAt, type Finding, warningAt } from '../problem.ts';

function checkLifetimes({ cluster }: Draft): Finding[] {
  const { leafDays = 0, caDays = Number.POSITIVE_INFINITY } = cluster.security ?? {};
  return leafDays < caDays
    ? []
    : [
        errorAt(
          ['cluster', 'security', 'leafDays'],
          `certificates would outlive their authority: ${leafDays} days against caDays ${caDays}`,
        ),
      ];
}

function checkRoot(draft: Draft): Finding[] {
  return draft.nodes.flatMap((node, index) => {
    if (!('ssh' in node) || !('ssh' in draft.cluster)) return [];
    const ssh = sshOf(draft.cluster.ssh, node.ssh);
    if (ssh.user === 'root' || ssh.become !== 'none') return [];
    const path = node.ssh?.user === undefined && node.ssh?.become === undefined ? ['cluster', 'ssh'] : ['nodes', index, 'ssh'];
    return [warningAt(path, `${ssh.user} with become: none is only enough when that user is root by another name; else use sudo`)];
  });
}

function checkEndpoint(draft: Draft): Finding[] {
  const endpoint = draft.cluster.endpoint;
  const host = typeof endpoint === 'string' ? endpoint.replace(/:\d+$/, '') : endpoint?.host;
  const controlPlanes = draft.nodes.filter((node) => node.roles?.includes('control-plane'));
  const owner = controlPlanes.find((node) => host !== undefined && [node.address, node.internalAddress].includes(host));
  if (owner === undefined || controlPlanes.length < 2) return [];
  const text = `the endpoint is the node ${owner.name ?? host} itself: when it fails, no other API server is found`;
  return [warningAt(['cluster', 'endpoint'], `${text}; use a load balancer or a VIP`)];
}

function checkSource({ cluster }: Draft): Finding[] {
  if (cluster.artifacts?.source !== 'node') return [];
  return [
    errorAt(['cluster', 'artifacts', 'source'], 'nodes cannot fetch for themselves yet; leave it out, and artifacts are sent over SSH'),
  ];
}

/** Lifetimes, the way to root, an endpoint that is a single machine, and where artifacts come from. */
export function checkSecurity(draft: Draft): Finding[] {
  return [...checkLifetimes(draft), ...checkRoot(draft), ...checkEndpoint(draft), ...checkSource(draft)];
}
