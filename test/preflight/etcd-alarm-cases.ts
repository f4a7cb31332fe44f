import type { EtcdAlarm } from '../../src/engine/etcd-seen.ts';
import { sample, three } from '../components/sample.ts';
import type { Case, Seen } from './situation.ts';

const cluster = sample(three);
const members = ['a', 'b', 'c'].map((name) => ({ id: `id-${name}`, name, peerURLs: [], clientURLs: [], isLearner: false }));
const telling = (...alarms: readonly EtcdAlarm[]): Seen => ({
  etcd: { clusterId: '1', memberId: 'id-a', members, statuses: new Map(), alarms },
});
const row = (what: string, seen: Case['seen'], ...lines: readonly string[]): Case => ({ id: 'EtcdAlarm', what, cluster, seen, lines });

const corrupt: EtcdAlarm = { kind: 'CORRUPT', memberId: 'id-b' };
const full: EtcdAlarm = { kind: 'NOSPACE', memberId: 'id-b' };

export const etcdAlarmCases: readonly Case[] = [
  row('none', { a: telling(), b: telling() }),
  row(
    'wrong data, told by two: said once, of its own node',
    { a: telling(corrupt), c: telling(corrupt) },
    'error b EtcdAlarm: etcd member b holds other data than the rest (alarm CORRUPT): nothing can be written',
  ),
  row(
    'wrong data on a host that is away: said where it was heard',
    { b: undefined, a: telling(corrupt) },
    'error a EtcdAlarm: etcd member b holds other data than the rest (alarm CORRUPT): nothing can be written',
  ),
  row(
    'wrong data of nobody in particular',
    { c: telling({ kind: 'CORRUPT' }), a: telling({ kind: 'CORRUPT' }) },
    'error a EtcdAlarm: members of etcd hold different data, and it is not known whose is right (alarm CORRUPT): nothing can be written',
  ),
  row(
    'no space, as a warning: a run may be what gives more',
    { a: telling(full) },
    'warning b EtcdAlarm: etcd member b has no space left within its quota (alarm NOSPACE): nothing can be written',
  ),
  row(
    'no space of a member that is gone',
    { a: telling({ kind: 'NOSPACE', memberId: 'id-z' }) },
    'warning a EtcdAlarm: etcd has no space left within its quota (alarm NOSPACE): nothing can be written',
  ),
  row('one of a later release', { a: telling({ kind: 'TIRED' }) }, 'warning a EtcdAlarm: etcd has the alarm TIRED'),
];
