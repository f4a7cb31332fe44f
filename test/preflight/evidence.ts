import { desire } from '../../src/app/desire.ts';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import type { Cluster, NodeName } from '../../src/cluster/cluster.ts';
import type { PathAnswers, PortAnswer } from '../../src/engine/read-path-answers.ts';
import type { PathEvidence } from '../../src/preflight/path-check.ts';
import { pathsOf } from '../../src/preflight/path-table.ts';
import { place } from '../../src/workflows/place.ts';

export const desiredOf = (cluster: Cluster) => desire(cluster, place(cluster, selectVersions(cluster), new Map()));

/** What good hosts show of the ways between them: everything is reached in 0.2 ms, full packets pass, clocks agree. */
export function goodEvidence(cluster: Cluster): PathEvidence {
  const desired = desiredOf(cluster);
  const paths = pathsOf(desired, new Set(cluster.nodes.map(({ name }) => name)));
  const addressOf = new Map(cluster.nodes.map(({ name, internalAddress }) => [name, internalAddress]));
  const answersOf = (from: NodeName): PathAnswers => {
    const mine = paths.filter((path) => path.from === from).map(({ to, port }) => ({ address: addressOf.get(to) ?? '', port }));
    const own = addressOf.get(from) ?? '';
    const good: PortAnswer = { result: 'reached', connectMs: 0.2, own, seen: own };
    return {
      addresses: new Set(['127.0.0.1', own]),
      ports: new Map(mine.map(({ address, port }) => [`${address} ${port}`, good])),
      widths: new Map(mine.map(({ address }) => [address, { interfaceMTU: 1500, passes: 1500 }])),
    };
  };
  const all = cluster.nodes.map(({ name }) => name);
  return {
    desired,
    paths,
    answers: new Map(all.map((name) => [name, answersOf(name)])),
    clocks: new Map(all.map((name) => [name, { aheadMs: 0, uncertainMs: 1 }])),
    disks: new Map([[all[0] ?? '', { p99Ms: 2, by: 'test' }]]),
    untested: new Map(),
    mute: new Set(),
  };
}

/** The same, but for one port as seen from one node. */
export function withPort(evidence: PathEvidence, from: NodeName, key: string, answer: PortAnswer): PathEvidence {
  return withAnswers(evidence, from, ({ ports }) => ({ ports: new Map([...ports, [key, answer]]) }));
}

export function withAnswers(evidence: PathEvidence, from: NodeName, change: (answers: PathAnswers) => Partial<PathAnswers>): PathEvidence {
  const known = evidence.answers.get(from);
  if (known === undefined) throw new RangeError(`no answers of ${from}`);
  return { ...evidence, answers: new Map([...evidence.answers, [from, { ...known, ...change(known) }]]) };
}
