import { canonicalAddress } from '../cluster/cidr.ts';
import type { Node, NodeName } from '../cluster/cluster.ts';
import type { Path, PathReport, PortReport } from '../engine/path.ts';
import type { PathAnswers, PortAnswer } from '../engine/read-path-answers.ts';
import type { PathEvidence } from './path-check.ts';

interface PairOptions {
  readonly paths: readonly Path[];
  readonly target: Node;
  readonly answers: PathAnswers;
  readonly untested: ReadonlySet<number>;
}

function reportPorts({ paths, target, answers, untested }: PairOptions): readonly PortReport[] {
  return paths.map(({ component, port }) => {
    const result = untested.has(port)
      ? 'untested'
      : (answers.ports.get(`${canonicalAddress(target.internalAddress)} ${port}`)?.result ?? 'untested');
    return { component, port, result };
  });
}

function shortest(answers: readonly PortAnswer[]): number | undefined {
  const times = answers.flatMap(({ connectMs }) => (connectMs === undefined ? [] : [connectMs]));
  return times.length === 0 ? undefined : Math.round(Math.min(...times) * 100) / 100;
}

/** What the listener of the test saw counts before what the source believes. */
function sourceOf(answers: readonly PortAnswer[]): string | undefined {
  return answers.find(({ seen }) => seen !== undefined)?.seen ?? answers.find(({ own }) => own !== undefined)?.own;
}

const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;

/** What was seen of each pair of nodes that must talk, in the order of the inventory. */
export function reportPaths({ desired, paths, answers, clocks, untested }: PathEvidence): readonly PathReport[] {
  const nodes = new Map<NodeName, Node>(desired.cluster.nodes.map((node) => [node.name, node]));
  const pairs = Map.groupBy(paths, ({ from, to }) => `${from} ${to}`);
  const reports = [...pairs.values()].flatMap((ofPair): PathReport[] => {
    const [first] = ofPair;
    const target = nodes.get(first?.to ?? '');
    const asked = answers.get(first?.from ?? '');
    if (first === undefined || target === undefined || asked === undefined) return [];
    const address = canonicalAddress(target.internalAddress);
    const without = new Set((untested.get(target.name) ?? []).map(({ port }) => port));
    const seen = ofPair.flatMap(({ port }) => asked.ports.get(`${address} ${port}`) ?? []);
    const [here, there] = [clocks.get(first.from), clocks.get(first.to)];
    return [
      {
        from: first.from,
        to: first.to,
        ports: reportPorts({ paths: ofPair, target, answers: asked, untested: without }),
        ...defined({
          roundTripMs: shortest(seen),
          source: sourceOf(seen),
          width: asked.widths.get(address),
          clockAheadMs: here === undefined || there === undefined ? undefined : there.aheadMs - here.aheadMs,
        }),
      },
    ];
  });
  const order = new Map(desired.cluster.nodes.map(({ name }, index) => [name, index]));
  const at = (name: NodeName): number => order.get(name) ?? 0;
  return reports.toSorted((a, b) => at(a.from) - at(b.from) || at(a.to) - at(b.to));
}
