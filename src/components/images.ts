import { catalogueEntry } from '../artifacts/catalogue.ts';
import { fillTemplate } from '../artifacts/fill-template.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Placement } from '../engine/description.ts';
import { InternalError } from '../errors.ts';

function imageOf(name: 'pause' | 'coredns', { versions }: Placement): string {
  const entry = catalogueEntry(name);
  if (entry.kind !== 'image') throw new InternalError(`the catalogue says that ${name} is no image`);
  return fillTemplate(entry.reference, { version: versions[name] });
}

export function pauseImage(placement: Placement): string {
  return imageOf('pause', placement);
}

export function corednsImage(placement: Placement): string {
  return imageOf('coredns', placement);
}

/** Images that may be wanted on any node that runs pods. */
export function imagesOfNodes(cluster: Cluster, placement: Placement): readonly string[] {
  return [pauseImage(placement), ...(cluster.addons.coredns ? [corednsImage(placement)] : [])];
}
