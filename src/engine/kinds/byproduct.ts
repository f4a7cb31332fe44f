import type { ByproductResource } from '../resource.ts';
import type { Kind } from './kind.ts';

/** Looked at so that the manifest knows what was there before; the program makes it, not a run. */
export const byproductKind: Kind<ByproductResource> = {
  probes: ({ of, name }) => [of === 'sysctl' ? { kind: 'sysctl', key: name } : { kind: 'file', path: name }],
  plan: () => [],
};
