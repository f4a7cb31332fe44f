import { expect, test } from 'vitest';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import type { UnitSeen } from '../../../src/engine/observation.ts';
import { contextSeeing } from '../support/context.ts';

const unit = 'kcluster-backup.timer';
const seen = (active: string, enabled: string): UnitSeen =>
  ({ load: 'loaded', active, enabled, needsReload: false, restarts: 0 }) as UnitSeen;
const end = [{ kind: 'unit-end', unit }];

test('the unit is looked at', () => {
  expect(probesOf({ kind: 'unit-gone', unit })).toEqual([{ kind: 'unit', unit }]);
});

test.each<[string, UnitSeen | undefined, readonly object[]]>([
  ['not there', undefined, []],
  ['off', seen('inactive', 'disabled'), []],
  ['failed and off', seen('failed', ''), []],
  ['running', seen('active', 'enabled'), end],
  ['running until the next boot', seen('active', 'disabled'), end],
  ['off until the next boot', seen('inactive', 'enabled'), end],
])('one that is %s', (_, state, actions) => {
  expect(planResource({ kind: 'unit-gone', unit }, contextSeeing({ units: new Map(state === undefined ? [] : [[unit, state]]) }))).toEqual(
    actions,
  );
});
