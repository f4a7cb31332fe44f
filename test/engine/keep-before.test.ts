import { expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { keepBefore } from '../../src/engine/keep-before.ts';

const link: Action = { kind: 'link', path: '/opt/kcluster/bin/kubelet', target: '/new', expected: { target: '/old' } };
const file: Action = {
  kind: 'file',
  path: '/etc/systemd/system/kubelet.service',
  content: { text: '' },
  mode: 0o600,
  owner: 'root',
  group: 'root',
  expected: 'absent',
  why: '',
};
const restart: Action = { kind: 'unit', unit: 'kubelet.service', op: 'restart', inputs: [], why: '' };

test('what a restart follows is kept, with the note of what the process was started with', () => {
  const [keep, ...rest] = keepBefore('kubelet-run-w1', [link, file, restart]);
  expect(keep).toEqual({
    kind: 'keep',
    name: 'kubelet-run-w1',
    paths: ['/etc/systemd/system/kubelet.service', '/opt/kcluster/bin/kubelet', '/var/lib/kcluster/units/kubelet.service'],
    units: ['kubelet.service'],
  });
  expect(rest).toEqual([link, file, restart]);
});

test.each<[string, readonly Action[]]>([
  ['nothing', []],
  ['files that nobody is started anew for', [link, file]],
  ['a first start', [file, { ...restart, op: 'start' }]],
  ['a reload', [file, { ...restart, op: 'reload' }]],
])('%s: nothing is kept', (_, actions) => {
  expect(keepBefore('x', actions)).toEqual(actions);
});
