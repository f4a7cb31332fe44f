import type { Action } from '../action.ts';
import type { Probe } from '../probe.ts';
import type { Resource, ResourceKind } from '../resource.ts';
import { binaryKind, imageArchiveKind, imageKind } from './artifact.ts';
import { byproductKind } from './byproduct.ts';
import { certificateKind } from './certificate.ts';
import { directoryKind } from './directory.ts';
import { etcdMemberKind } from './etcd-member.ts';
import { fileKind } from './file.ts';
import { goneKind } from './gone.ts';
import { moduleKind, packageKind, sysctlKind, userKind } from './host-basics.ts';
import type { Kind, KindContext, ResourceOf } from './kind.ts';
import { kubeObjectKind } from './kube-object.ts';
import { linkKind } from './link.ts';
import { nodeAbsenceKind } from './node-absence.ts';
import { nodeTaintsKind } from './node-taints.ts';
import { oldReleasesKind } from './old-releases.ts';
import { onlyKind } from './only.ts';
import { ownershipKind } from './ownership.ts';
import { systemdKind, unitKind } from './unit.ts';
import { unitGoneKind } from './unit-gone.ts';

const kinds: { readonly [K in ResourceKind]: Kind<ResourceOf<K>> } = {
  file: fileKind,
  gone: goneKind,
  'unit-gone': unitGoneKind,
  only: onlyKind,
  'old-releases': oldReleasesKind,
  directory: directoryKind,
  link: linkKind,
  user: userKind,
  package: packageKind,
  module: moduleKind,
  sysctl: sysctlKind,
  binary: binaryKind,
  image: imageKind,
  'image-archive': imageArchiveKind,
  certificate: certificateKind,
  unit: unitKind,
  systemd: systemdKind,
  byproduct: byproductKind,
  ownership: ownershipKind,
  'kube-object': kubeObjectKind,
  'node-taints': nodeTaintsKind,
  'node-absence': nodeAbsenceKind,
  'etcd-member': etcdMemberKind,
};

function kindOf(resource: Resource): Kind<Resource> {
  return kinds[resource.kind] as unknown as Kind<Resource>;
}

export function probesOf(resource: Resource): readonly Probe[] {
  return kindOf(resource).probes(resource);
}

export function planResource(resource: Resource, context: KindContext): readonly Action[] {
  return kindOf(resource).plan(resource, context);
}
