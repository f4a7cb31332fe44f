import { expect, test } from 'vitest';
import { describeBundle, describeImport } from '../../src/ui/describe-bundle.ts';

const row = { component: 'runc', version: '1.4.3', arch: 'amd64', sizeBytes: 1024, sha256: 'a'.repeat(64) };
const leftOut = [{ reference: 'registry.example/pause:1', arch: 'amd64', reason: 'no mirror is set' }];
const index = { madeAt: '2026-11-27T00:00:00.000Z', for: { cluster: 'demo', workflow: 'upgrade' }, artifacts: [row], leftOut };

test('a bundle is told with what is not in it, and its checksum', () => {
  expect(describeBundle({ file: 'b.tar', sizeBytes: 2048, sha256: 'b'.repeat(64), index })).toBe(
    [
      'COMPONENT   VERSION   ARCH    SIZE      SHA256',
      'runc        1.4.3     amd64   1.0 KiB   aaaaaaaaaaaaaaaa',
      'not in it: registry.example/pause:1 (amd64), nodes pull it: no mirror is set',
      'b.tar: 1 artifact, 2.0 KiB',
      `sha256 ${'b'.repeat(64)}`,
      '',
    ].join('\n'),
  );
});

test('an import is told with what was there', () => {
  const artifacts = [
    { ...row, state: 'there already' as const },
    { ...row, component: 'etcd', state: 'taken' as const },
  ];
  expect(
    describeImport({ index: { ...index, leftOut: [] }, artifacts })
      .split('\n')
      .slice(1),
  ).toEqual([
    'runc        1.4.3     amd64   1.0 KiB   aaaaaaaaaaaaaaaa   there already',
    'etcd        1.4.3     amd64   1.0 KiB   aaaaaaaaaaaaaaaa   taken',
    'bundle of 2026-11-27T00:00:00.000Z for a plan of upgrade of cluster demo: took 1 artifact (1.0 KiB), 1 was there already',
    '',
  ]);
});
