import { type NodeName, nodeNamed } from '../cluster/cluster.ts';
import type { Manifest, OwnedThing } from '../engine/kinds/ownership.ts';
import { observeAll } from '../engine/observe.ts';
import type { Desired } from '../engine/phase.ts';
import type { Session } from './session.ts';

type Manifests = ReadonlyMap<NodeName, Manifest | undefined>;

const thingsOf = (manifest: Manifest | undefined, kind: OwnedThing['kind']): readonly OwnedThing[] =>
  (manifest?.things ?? []).filter((thing) => thing.kind === kind);
const listOf = (things: readonly OwnedThing[]): string => things.map(({ name }) => name).join(', ');

/** What a reset leaves on purpose: others may use it by now. */
export function tellWhatStays({ emit }: Session, manifests: Manifests): void {
  for (const [node, manifest] of manifests) {
    const packages = thingsOf(manifest, 'package');
    const modules = thingsOf(manifest, 'module');
    if (packages.length > 0) {
      const text = `packages that kcluster installed stay: ${listOf(packages)}; remove them with the package manager if nothing else uses them`;
      emit({ type: 'notice', level: 'info', node, text });
    }
    if (modules.length > 0)
      emit({ type: 'notice', level: 'info', node, text: `kernel modules stay loaded until the next boot: ${listOf(modules)}` });
  }
}

/** Directories that should be gone when nobody else put anything into them. */
function directoriesOf(manifest: Manifest | undefined, desired: Desired, name: NodeName): readonly string[] {
  const listed = thingsOf(manifest, 'directory');
  const kept = new Set(listed.filter(({ was }) => was !== undefined).map((thing) => thing.name));
  const data = desired
    .describe(nodeNamed(desired.cluster, name))
    .flatMap(({ install }) =>
      install.flatMap((resource) => (resource.kind === 'directory' && resource.data === true ? [resource.path] : [])),
    );
  const all = manifest === undefined ? [] : [...listed.map((thing) => thing.name), ...data];
  return [...new Set(all)].filter((path) => !kept.has(path)).sort();
}

/** Looks again at the directories of a reset, and names those that hold something of others. */
export async function tellWhatIsLeft(session: Session, manifests: Manifests, desired: Desired): Promise<void> {
  const { emit, signal } = session;
  const hosts = new Map([...session.hosts].filter(([name]) => manifests.has(name)));
  const pathsOf = (name: NodeName): readonly string[] => directoriesOf(manifests.get(name), desired, name);
  const probes = (name: NodeName) => pathsOf(name).map((path) => ({ kind: 'file', path }) as const);
  const { observations } = await observeAll(hosts, probes, () => undefined, { signal });
  for (const [node, seen] of observations) {
    const left = pathsOf(node).filter((path) => seen.files.has(path));
    if (left.length === 0) continue;
    emit({
      type: 'notice',
      level: 'warning',
      node,
      text: `left in place, since they hold what kcluster did not put there: ${left.join(', ')}`,
    });
  }
}
