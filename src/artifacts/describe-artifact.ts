import type { ComponentName } from '../cluster/cluster.ts';
import type { Artifact } from './artifact.ts';
import { type Architecture, catalogue, catalogueEntry } from './catalogue.ts';
import { fillTemplate } from './fill-template.ts';

/** One component's release as something to fetch; releases that the catalogue does not know are described the same way. */
export function describeArtifact(component: ComponentName, version: string, arch: Architecture): Artifact {
  const entry = catalogueEntry(component);
  const values = { version, arch };
  const base = { id: `${component}@${version}/${arch}`, component, version, arch };
  if (entry.kind === 'image') return { ...base, kind: 'image', reference: fillTemplate(entry.reference, values), binaries: [] };

  const url = fillTemplate(entry.url, values);
  const pinned = catalogue.pins[component]?.[version]?.[arch];
  const checksum = { url: fillTemplate(entry.checksum, { ...values, url }), ...(pinned === undefined ? {} : { pinned }) };
  if (entry.kind === 'file') return { ...base, kind: 'file', url, checksum, binaries: [{ name: entry.binary }] };
  const binaries = Object.entries(entry.members).map(([name, member]) => ({ name, member: fillTemplate(member, values) }));
  return { ...base, kind: 'archive', url, checksum, binaries };
}
