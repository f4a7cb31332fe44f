import { type ComponentName, componentNames } from '../cluster/cluster.ts';
import { catalogueEntry } from './catalogue.ts';

/** Which component's release an image reference is; undefined for an image that the catalogue does not know. */
export function imageComponent(reference: string): { readonly component: ComponentName; readonly version: string } | undefined {
  for (const component of componentNames) {
    const entry = catalogueEntry(component);
    if (entry.kind !== 'image') continue;
    const [before = '', after = ''] = entry.reference.split('{version}');
    if (!reference.startsWith(before) || !reference.endsWith(after)) continue;
    return { component, version: reference.slice(before.length, reference.length - after.length) };
  }
  return undefined;
}
