import { canonicalAddress } from '../cluster/cidr.ts';
import type { PathReport, PortResult, Width } from '../engine/path.ts';
import type { Finding } from '../engine/plan.ts';
import type { PathCheck, PathEvidence, PathFound } from './path-check.ts';
import { reportPaths } from './report-paths.ts';

/** etcd's authors want the log on the disk in 10 ms; at the interval of heartbeats, 100 ms, leaders are lost. */
const diskMs = { warning: 10, error: 100 };
/** An election takes ten round trips, and etcd grants it 1 s. */
const roundTripMs = { warning: 10, error: 100 };
/** Where etcd itself begins to complain about its peers. */
const clockMs = 1000;

const addressesOf = ({ desired }: PathEvidence): ReadonlyMap<string, string> =>
  new Map(desired.cluster.nodes.map(({ name, internalAddress }) => [name, canonicalAddress(internalAddress)]));

const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

function unreachable(evidence: PathEvidence, { from, to, ports }: PathReport): readonly PathFound[] {
  const address = addressesOf(evidence).get(to);
  const told: readonly (readonly [PortResult, string])[] = [
    ['silent', 'does not answer'],
    ['refused', 'refuses connections'],
  ];
  return told.flatMap(([result, what]) => {
    const hit = ports.filter((port) => port.result === result).map(({ port }) => port);
    if (hit.length === 0) return [];
    const reasons = evidence.paths.filter((path) => path.from === from && path.to === to && hit.includes(path.port));
    const why = [...new Set(reasons.map((path) => path.why))].join('; ');
    const message = `${to} (${address}) ${what} on ${hit.join(', ')}: ${why}`;
    return [{ node: from, message, remedy: `let TCP ${hit.join(', ')} through, on the way and in the packet filter of ${to}` }];
  });
}

function untestable({ untested }: PathEvidence): readonly PathFound[] {
  return [...untested].flatMap(([node, ports]) =>
    [...Map.groupBy(ports, ({ reason }) => reason)].map(([reason, same]): PathFound => {
      const message = `nobody could try ${same.map(({ port }) => port).join(', ')}: ${reason}`;
      return { node, message, remedy: 'mend that, and ask again', severity: 'warning' };
    }),
  );
}

function unableToTry({ mute, paths }: PathEvidence): readonly PathFound[] {
  const sources = [...mute].filter((node) => paths.some(({ from }) => from === node)).sort();
  return sources.map((node) => ({
    node,
    message: 'curl is not there, so nobody tried what this host must reach',
    remedy: 'install curl on it, and run kcluster preflight',
    severity: 'warning',
  }));
}

function narrow(to: string, { interfaceMTU, passes, lost }: Width): Omit<PathFound, 'node'> | undefined {
  if (lost === undefined) return undefined;
  const room = passes === undefined ? 'full packets do not arrive' : `packets over ${passes} bytes do not arrive`;
  const remedy = `set the MTU of the interfaces on both ends to ${passes ?? 'what the network carries'}, or widen the way`;
  if (lost === 'silently') return { message: `${room} at ${to}, and nobody says so; the interface has MTU ${interfaceMTU}`, remedy };
  const message = `${room} at ${to}, a router says; the interface has MTU ${interfaceMTU}`;
  return { message, remedy, severity: 'warning' };
}

const isMember = ({ ports }: PathReport): boolean => ports.some(({ component }) => component === 'etcd');

/** All checks of hosts against each other, in the order in which they are shown. */
export const pathChecks: readonly PathCheck[] = [
  {
    id: 'PortReachable',
    title: 'nodes reach the ports of others that they need',
    severity: 'error',
    look: (evidence, reports) => [
      ...reports.flatMap((report) => unreachable(evidence, report)),
      ...untestable(evidence),
      ...unableToTry(evidence),
    ],
  },
  {
    id: 'SourceAddress',
    title: 'connections come from the internal address of their node',
    severity: 'error',
    look: (evidence, reports) =>
      reports.flatMap(({ from, to, source, ports }): readonly PathFound[] => {
        const own = addressesOf(evidence).get(from);
        if (source === undefined || source === own) return [];
        const peers = ports.some(({ port }) => port === 2380);
        const message = `reaches ${to} from ${source}, not from ${own}${peers ? '; members of etcd turn such peers away' : ''}`;
        const remedy = 'take the address translation between them away, or correct internalAddress or the route';
        return [{ node: from, message, remedy, severity: peers ? 'error' : 'warning' }];
      }),
  },
  {
    id: 'RoundTrip',
    title: 'etcd is near: round trips below 10 ms',
    severity: 'warning',
    look: (_, reports) =>
      reports.filter(isMember).flatMap(({ from, to, roundTripMs: took = 0 }): readonly PathFound[] => {
        if (took <= roundTripMs.warning) return [];
        const message = `a round trip to etcd on ${to} takes ${milliseconds(took)}`;
        const remedy = 'put members of etcd and API servers into one place, or look for what holds packets up';
        return [{ node: from, message, remedy, severity: took > roundTripMs.error ? 'error' : 'warning' }];
      }),
  },
  {
    id: 'PathMTU',
    title: 'full packets arrive',
    severity: 'error',
    look: (_, reports) =>
      reports.flatMap(({ from, to, width }): readonly PathFound[] => {
        const found = width === undefined ? undefined : narrow(to, width);
        return found === undefined ? [] : [{ node: from, ...found }];
      }),
  },
  {
    id: 'ClockDifference',
    title: 'clocks agree within 1 s',
    severity: 'warning',
    look: ({ clocks }) => {
      const sorted = [...clocks.values()].map(({ aheadMs }) => aheadMs).sort((a, b) => a - b);
      const median = sorted[sorted.length >> 1] ?? 0;
      return [...clocks].flatMap(([node, { aheadMs, uncertainMs }]): readonly PathFound[] => {
        const apart = aheadMs - median;
        if (clocks.size < 2 || Math.abs(apart) - uncertainMs <= clockMs) return [];
        const message = `its clock is ${(Math.abs(apart) / 1000).toFixed(1)} s ${apart > 0 ? 'ahead of' : 'behind'} the other hosts'`;
        return [{ node, message, remedy: 'run a time service such as chrony' }];
      });
    },
  },
  {
    id: 'EtcdDiskLatency',
    title: 'the disk of etcd makes 99 of 100 small writes safe within 10 ms',
    severity: 'warning',
    look: ({ disks }) =>
      [...disks].flatMap(([node, disk]): readonly PathFound[] => {
        const remedy = 'give /var/lib/etcd a local SSD that nothing else writes to';
        if (disk === undefined)
          return [{ node, message: 'the disk for /var/lib/etcd could not be measured', remedy: 'see that it can be written to' }];
        if (disk.p99Ms <= diskMs.warning) return [];
        const slow = `one in a hundred small writes takes ${milliseconds(disk.p99Ms)} or more`;
        const message = disk.by === 'etcd' ? `${slow} on the disk of etcd, as it says itself` : `${slow} under /var/lib/etcd`;
        return [{ node, message, remedy, severity: disk.p99Ms > diskMs.error ? 'error' : 'warning' }];
      }),
  },
  {
    id: 'InternalAddress',
    title: 'hosts have the internal address that the inventory gives them',
    severity: 'error',
    look: (evidence) =>
      [...evidence.answers].flatMap(([node, { addresses }]): readonly PathFound[] => {
        const own = addressesOf(evidence).get(node);
        if (own === undefined || addresses.size === 0 || addresses.has(own)) return [];
        const message = `no interface has ${own}, to which components bind`;
        return [{ node, message, remedy: 'set internalAddress of the node to an address that the host has itself' }];
      }),
  },
  {
    id: 'DuplicateAddress',
    title: 'no host has the internal address of another',
    severity: 'error',
    look: (evidence) =>
      [...evidence.answers].flatMap(([node, { addresses }]) =>
        [...addressesOf(evidence)].flatMap(([other, address]): readonly PathFound[] => {
          if (other === node || !addresses.has(address)) return [];
          const message = `an interface has ${address}, which is the address of ${other}`;
          return [{ node, message, remedy: `take it away from one of the two, or correct the inventory` }];
        }),
      ),
  },
];

/** Findings of all checks between hosts; a waived error is shown as a warning. Pure. */
export function judgePaths(evidence: PathEvidence, waived: ReadonlySet<string>): readonly Finding[] {
  const reports = reportPaths(evidence);
  return pathChecks.flatMap(({ id, severity, look }) =>
    look(evidence, reports).map((found): Finding => {
      return { id, ...found, severity: waived.has(id) ? 'warning' : (found.severity ?? severity) };
    }),
  );
}
