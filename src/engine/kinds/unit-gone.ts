import type { UnitGoneResource } from '../resource.ts';
import type { Kind } from './kind.ts';

const off: ReadonlySet<string> = new Set(['inactive', 'failed']);

export const unitGoneKind: Kind<UnitGoneResource> = {
  probes: ({ unit }) => [{ kind: 'unit', unit }],
  plan: ({ unit }, { seen: { units } }) => {
    const seen = units.get(unit);
    const isOff = seen === undefined || (off.has(seen.active) && seen.enabled !== 'enabled');
    return isOff ? [] : [{ kind: 'unit-end', unit }];
  },
};
