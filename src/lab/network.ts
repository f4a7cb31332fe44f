import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import ipaddr from 'ipaddr.js';
import { StoppedError } from '../errors.ts';
import { shellQuote } from '../render/shell-quote.ts';
import { unmountBelow } from './mounts.ts';
import { labPaths } from './paths.ts';
import { runLocal } from './run-local.ts';
import type { LabState } from './state.ts';

/** A route of `ip -json route`; `dst` is `default`, an address or a prefix. */
interface Route {
  readonly dst?: string;
}

/** Destinations of this machine's IPv4 routes, the default route left out. */
export async function readRoutes(): Promise<readonly string[]> {
  const routes = JSON.parse((await runLocal(['ip', '-json', '-4', 'route', 'show', 'table', 'all'])) || '[]') as readonly Route[];
  return routes.flatMap((route) => (route.dst === undefined || route.dst === 'default' ? [] : [route.dst]));
}

/**
 * First three octets of a free /24 of 10.101.0.0/16; the same name gets the same one while it is free.
 * @throws StoppedError when all 256 are routed already
 */
export function chooseSubnet(name: string, routes: readonly string[]): string {
  const first = createHash('sha256').update(name).digest().readUInt8(0);
  for (let step = 0; step < 256; step += 1) {
    const subnet = `10.101.${(first + step) % 256}`;
    if (!routes.some((route) => overlaps(route, subnet))) return subnet;
  }
  throw new StoppedError('no /24 of 10.101.0.0/16 is free on this machine', {
    remedy: 'Take labs down that are not needed (kcluster lab status).',
  });
}

function overlaps(route: string, subnet: string): boolean {
  const [range, length] = ipaddr.parseCIDR(route.includes('/') ? route : `${route}/32`);
  if (range.kind() !== 'ipv4') return false;
  // Two prefixes overlap when they agree on the bits of the shorter one.
  return ipaddr.parse(`${subnet}.0`).match(range, Math.min(length, 24));
}

/**
 * The lab's switch: a bridge in a network namespace of its own, joined to this machine by one pair of interfaces. There the
 * machine's firewall (a container engine's FORWARD policy, say) has no say between the hosts, and one removal takes everything away.
 */
export async function createNetwork(state: LabState): Promise<void> {
  const { fabric } = labPaths(state.name);
  await unmountBelow(fabric);
  await writeFile(fabric, '');
  await runLocal(['sh', '-eu'], { input: networkScript(fabric, state.link, state.subnet) });
}

export function networkScript(fabric: string, link: string, subnet: string): string {
  const namespace = shellQuote(fabric);
  return `unshare --net=${namespace} true
ip link add ${link} type veth peer name uplink netns ${namespace}
nsenter --net=${namespace} sh -eu <<'END'
ip link add lab type bridge
ip link set lab up
ip link set uplink master lab up
END
ip address add ${subnet}.1/24 dev ${link}
ip link set ${link} up
`;
}

/** Takes the operator's end away; the namespace goes when its mount goes. */
export async function removeNetwork(link: string): Promise<void> {
  if (await linkExists(link)) await runLocal(['ip', 'link', 'delete', link]);
}

export async function linkExists(link: string): Promise<boolean> {
  const links = JSON.parse(await runLocal(['ip', '-json', 'link', 'show'])) as readonly { ifname: string }[];
  return links.some((candidate) => candidate.ifname === link);
}
