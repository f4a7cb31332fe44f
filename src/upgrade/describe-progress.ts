import type { ComponentName, NodeName } from '../cluster/cluster.ts';
import { listNames } from '../cluster/list-names.ts';
import { compareVersions, formatVersion, type Version } from '../cluster/version.ts';
import { kubernetesParts } from './running-releases.ts';
import type { RunningRelease } from './upgrade-input.ts';

const told: readonly ComponentName[] = ['etcd', ...kubernetesParts];

/** `1.37.1 on a; 1.36.5 on b, c`, the newest first; where all are alike, the release alone. */
function spreadOf(releases: readonly RunningRelease[]): string {
  const versions = new Map<string, { readonly version: Version; readonly nodes: NodeName[] }>();
  for (const { node, version } of releases) {
    const text = formatVersion(version);
    const entry = versions.get(text) ?? { version, nodes: [] };
    entry.nodes.push(node);
    versions.set(text, entry);
  }
  const sorted = [...versions].toSorted(([, a], [, b]) => compareVersions(b.version, a.version));
  if (sorted.length === 1) return sorted[0]?.[0] ?? '';
  return sorted.map(([text, { nodes }]) => `${text} on ${listNames(nodes)}`).join(', ');
}

/** What an upgrade that stopped has brought where, in one sentence. Pure. @param silent nodes that could not be asked */
export function describeProgress(running: readonly RunningRelease[], silent: readonly NodeName[]): string {
  const spreads = new Map<string, ComponentName[]>();
  for (const component of told) {
    const releases = running.filter((release) => release.component === component);
    if (releases.length === 0) continue;
    const spread = spreadOf(releases);
    spreads.set(spread, [...(spreads.get(spread) ?? []), component]);
  }
  const parts = [...spreads].map(([spread, components]) => `${components.join(', ')} ${spread}`);
  const away = silent.length === 0 ? [] : [`no answer from ${listNames(silent)}`];
  return `in use now: ${[...parts, ...away].join('; ')}`;
}
