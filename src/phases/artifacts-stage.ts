import type { Phase } from '../engine/phase.ts';
import type { Resource } from '../engine/resource.ts';
import { sameNode } from './component-phases.ts';

/** What is sent ahead of a resource; nothing that runs looks at it there. */
function stagedPart(resource: Resource): readonly Resource[] {
  if (resource.kind === 'binary') return [resource];
  return resource.kind === 'image' ? [{ kind: 'image-archive', reference: resource.reference }] : [];
}

/** Binaries of the releases that the inventory names, and archives of images that no runtime holds yet. */
export const artifactsStage: Phase = {
  id: 'artifacts/stage',
  title: 'Stage artifacts',
  after: [sameNode('host/own')],
  rollout: 'parallel',
  targets: (cluster) => cluster.nodes,
  resources: (desired, node) => desired.describe(node).flatMap(({ install, run }) => [...install, ...run].flatMap(stagedPart)),
};
