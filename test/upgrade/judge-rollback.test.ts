import { describe, expect, test } from 'vitest';
import { formatVersion } from '../../src/cluster/version.ts';
import { judgeRollback } from '../../src/upgrade/judge-rollback.ts';
import { sample, three } from '../components/sample.ts';
import { inputOf, type Releases, v } from './situation.ts';

const cluster = sample(three);
const judged = (releases: Releases, to?: string): string => {
  const verdict = judgeRollback(cluster, inputOf(cluster, { releases }).running, to === undefined ? undefined : v(to));
  return 'message' in verdict ? verdict.message : [`to ${formatVersion(verdict.to)}`, ...verdict.stays].join(', ');
};
const newServer = (name: string) => ({ [`kube-apiserver@${name}`]: '1.37.1' });
const newMember = (name: string) => ({ [`etcd@${name}`]: '3.7.3' });

describe('back to where an upgrade began', () => {
  test.each<[string, Releases, string]>([
    ['some members of etcd are new, and nothing else', { ...newMember('a') }, 'to 1.36.5'],
    ['all members of etcd are new, and nothing else', { etcd: '3.7.3' }, 'every part runs 1.36.5: no upgrade is under way'],
    ['a member of etcd is of another patch, and nothing else', { 'etcd@b': '3.6.18' }, 'to 1.36.5'],
    ['all members of etcd are of another patch, and nothing else', { etcd: '3.6.18' }, 'no upgrade is under way'],
    ['one API server is new', newServer('a'), 'to 1.36.5'],
    ['some members of etcd are new', { ...newServer('a'), ...newMember('a') }, 'to 1.36.5'],
    ['all members of etcd are new: they stay', { ...newServer('a'), etcd: '3.7.3' }, 'to 1.36.5, etcd'],
    ['another patch of etcd goes back', { ...newServer('a'), etcd: '3.6.18' }, 'to 1.36.5'],
    ['two of three API servers are new', { ...newServer('a'), ...newServer('b') }, 'to 1.36.5'],
    [
      'every API server is new',
      { 'kube-apiserver': '1.37.1' },
      'every API server is of 1.37: objects may be stored as 1.36 does not read them, there is no way back to 1.36.5',
    ],
    ['all but one kubelet is new', { 'kube-apiserver': '1.37.1', kubelet: '1.37.1', 'kubelet@a': '1.36.5' }, 'every API server is of 1.37'],
    ['only a patch is new everywhere but for a kubelet', { 'kube-apiserver': '1.36.7' }, 'to 1.36.5'],
    ['all is old', {}, 'every part runs 1.36.5: no upgrade is under way'],
  ])('%s', (_, releases, verdict) => {
    expect(judged(releases)).toContain(verdict);
  });
});

describe('to a release that is named', () => {
  test.each<[string, Releases, string]>([
    ['1.36.3', {}, 'to 1.36.3'],
    ['1.36.5', {}, '1.36.5 is not older than 1.36.5, which runs'],
    ['1.37.1', {}, '1.37.1 is not older'],
    ['1.35.9', {}, 'every API server is of 1.36'],
    ['1.34.1', {}, '1.34.1 is more than one minor older than 1.36.5'],
    ['0.36.1', {}, '0.36.1 is more than one minor older'],
  ])('%s', (to, releases, verdict) => {
    expect(judged(releases, to)).toContain(verdict);
  });

  test('a refusal says what leads back all the same', () => {
    const verdict = judgeRollback(cluster, inputOf(cluster, {}).running, v('1.35.9'));
    expect(verdict).toMatchObject({ remedy: expect.stringContaining('kcluster etcd snapshot restore') });
  });
});

test('without an API server there is nothing to take back', () => {
  expect(judgeRollback(cluster, [])).toMatchObject({ message: expect.stringContaining('is not there') });
});
