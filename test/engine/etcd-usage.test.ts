import { afterEach, beforeEach, expect, test } from 'vitest';
import { readUsage, writeUsageScript } from '../../src/engine/etcd-usage.ts';
import { shells } from './support/run-sh.ts';
import { Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

const keys = [
  '/registry/pods/default/a',
  '/registry/pods/default/b',
  '/registry/services/specs/default/kubernetes',
  '/registry/services/endpoints/default/kubernetes',
  '/registry/example.com/widgets/default/w',
  '/registry/apiregistration.k8s.io/apiservices/v1.',
  '/other/registry/pods/x',
  'bare',
];

test.each(shells)('keys are counted by kind, and some values weighed, by $name', async (shell) => {
  // As etcdctl does, a blank line after each key.
  const list = sandbox.write('keys', `${keys.join('\n\n')}\n\n`);
  sandbox.write(
    'opt/kcluster/bin/etcdctl',
    `#!/bin/sh
printf '%s\\n' "$*" >>'${sandbox.path('etcdctl.log')}'
case "$*" in
  *--keys-only*) cat '${list}' ;;
  *' /registry/pods/ '*) printf '%01000d' 0 ;;
  *' /other '*) printf '%05000d' 0 ;;
  *) printf '%010d' 0 ;;
esac
`,
    0o755,
  );
  const { code, stdout, stderr } = await sandbox.run(writeUsageScript('/registry'), { shell });
  expect([code, stderr]).toEqual([0, '']);
  const usage = readUsage(stdout);
  expect(usage.slice(0, 2)).toEqual([
    { resource: '/other', keys: 1, aboutBytes: 5000 },
    { resource: 'pods', keys: 2, aboutBytes: 1000 },
  ]);
  expect(
    usage
      .slice(2)
      .map(({ resource, keys: count }) => `${resource} ${count}`)
      .sort(),
  ).toEqual(['apiregistration.k8s.io/apiservices 1', 'bare 1', 'example.com/widgets 1', 'services/endpoints 1', 'services/specs 1']);
  expect(sandbox.calls('etcdctl').every((call) => call.includes('--limit=20') || call.includes('--keys-only'))).toBe(true);
});

test('of many keys some are weighed', async () => {
  const many = Array.from({ length: 100 }, (_, index) => `/registry/events/n/${index}`);
  const list = sandbox.write('keys', `${many.join('\n')}\n`);
  sandbox.write(
    'opt/kcluster/bin/etcdctl',
    `#!/bin/sh\ncase "$*" in *--keys-only*) cat '${list}' ;; *) printf '%0200d' 0 ;; esac\n`,
    0o755,
  );
  const { stdout } = await sandbox.run(writeUsageScript('/registry'));
  expect(readUsage(stdout)).toEqual([{ resource: 'events', keys: 100, aboutBytes: 1000 }]);
});

test('nothing is told when nothing was said', () => {
  expect(readUsage('')).toEqual([]);
});

test('the largest kinds are told, not those with the most keys', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `${100 - index}\t${index}\tkind-${index}`);
  const usage = readUsage(`${lines.join('\n')}\n`);
  expect([usage.length, usage[0], usage.at(-1)?.resource]).toEqual([12, { resource: 'kind-29', keys: 71, aboutBytes: 29 }, 'kind-18']);
});
