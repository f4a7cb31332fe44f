import type { Authority } from '../../pki/certificate-table.ts';
import type { Action } from '../action.ts';
import type { Observations } from '../observation.ts';
import type { Probe } from '../probe.ts';
import type { Resource, ResourceKind } from '../resource.ts';
import type { SecretName } from '../secret-name.ts';

/** A binary or an image as the operator's cache holds it. */
export interface ArtifactSeen {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Everything a kind may look at while it plans; nothing in here can change a host. */
export interface KindContext {
  readonly node: string;
  readonly seen: Observations;
  /** Paths that earlier actions of this run change on this node. */
  readonly changed: ReadonlySet<string>;
  /** sha256 of secrets that exist; absent ones are made when the plan is applied. */
  readonly secrets: ReadonlyMap<SecretName, string>;
  /** Public certificates of authorities that exist. */
  readonly authorities: ReadonlyMap<Authority, string>;
  readonly now: Date;
  readonly renewBeforeDays: number;
  binary(component: string, version: string, name: string): ArtifactSeen | undefined;
  image(reference: string): ArtifactSeen | undefined;
}

/** How to look at one kind of resource, and what to do about what was seen. Both pure. */
export interface Kind<R extends Resource> {
  probes(resource: R): readonly Probe[];
  plan(resource: R, context: KindContext): readonly Action[];
}

export type ResourceOf<K extends ResourceKind> = Extract<Resource, { kind: K }>;
