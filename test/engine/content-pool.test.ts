import { expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { createContentPool } from '../../src/engine/content-pool.ts';

const file = (path: string, content: { readonly text: string } | { readonly secret: 'ca.crt' }): Action => ({
  kind: 'file',
  path,
  content,
  mode: 0o600,
  owner: 'root',
  group: 'root',
  expected: 'absent',
  why: 'missing',
});
const contentOf = (action: Action): unknown => (action.kind === 'file' ? action.content : undefined);

test('equal texts become one value, and every action says what it said', () => {
  const share = createContentPool();
  const actions = [file('/a', { text: 'same' }), file('/b', { text: 'same' }), file('/c', { text: 'other' })];
  const shared = actions.map(share);
  expect(shared).toEqual(actions);
  expect(contentOf(shared[1] as Action)).toBe(contentOf(shared[0] as Action));
  expect(contentOf(shared[2] as Action)).not.toBe(contentOf(shared[0] as Action));
});

test.each<Action>([file('/ca', { secret: 'ca.crt' }), { kind: 'daemon-reload' }])('anything else is left as it is: %j', (action) => {
  const share = createContentPool();
  expect([share(action), share(action)]).toEqual([action, action]);
});
