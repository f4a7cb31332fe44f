import type { JsonObject } from '../../src/cluster/cluster.ts';
import { emptyObservations, type FileSeen, type Observations } from '../../src/engine/observation.ts';

export interface Placeable {
  /** Subnets that its CNI configuration hands out. */
  readonly cni?: readonly string[];
  /** The bytes of that configuration. */
  readonly conflist?: string;
  /** Node objects that its API server tells of: name -> pod ranges. */
  readonly nodes?: Readonly<Record<string, readonly string[]>>;
  /** Whether a member's data is there. */
  readonly etcd?: boolean;
}

const directory: FileSeen = { type: 'directory', mode: 0o700, owner: 'etcd', group: 'etcd', sizeBytes: 0 };

function observe({ cni, conflist, nodes, etcd = false }: Placeable): Observations {
  const ranges = cni?.map((subnet) => [{ subnet }]);
  const text = conflist ?? (ranges && JSON.stringify({ plugins: [{ type: 'bridge', ipam: { ranges } }, { type: 'portmap' }] }));
  const objects = Object.entries(nodes ?? {}).map(([name, podCIDRs]): [string, JsonObject] => [
    name,
    { metadata: { name }, spec: { podCIDRs } },
  ]);
  return {
    ...emptyObservations(),
    contents: new Map(text === undefined ? [] : [['/etc/cni/net.d/10-kcluster.conflist', text]]),
    files: new Map(etcd ? [['/var/lib/etcd/member', directory]] : []),
    kubeNodes: nodes === undefined ? undefined : new Map(objects),
  };
}

/** What the hosts show of what a placement follows from. */
export function placeableObservations(seen: Readonly<Record<string, Placeable>>): ReadonlyMap<string, Observations> {
  return new Map(Object.entries(seen).map(([name, placeable]) => [name, observe(placeable)]));
}
