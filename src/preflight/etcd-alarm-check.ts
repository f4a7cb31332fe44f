import { explainAlarm } from '../cluster/etcd-alarm.ts';
import type { EtcdAlarm } from '../engine/etcd-seen.ts';
import type { Check, Situation } from './check.ts';

interface Alarm {
  readonly kind: string;
  /** Absent: of nobody in particular, or of a member that is gone. */
  readonly member?: string;
}

/** Told by all members alike: each alarm once. */
function alarmsIn(observations: Situation['observations']): readonly Alarm[] {
  const told = [...observations.values()].flatMap(({ etcd }) =>
    (etcd?.alarms ?? []).map(({ kind, memberId }: EtcdAlarm): Alarm => {
      const name = etcd?.members.find(({ id }) => id === memberId)?.name ?? '';
      return { kind, ...(name === '' ? {} : { member: name }) };
    }),
  );
  return [...new Map(told.map((alarm) => [JSON.stringify(alarm), alarm])).values()];
}

/** Said of the member's own node where that is looked at, else of the first node that tells it. */
function nodeOf({ member }: Alarm, observations: Situation['observations']): string | undefined {
  if (member !== undefined && observations.has(member)) return member;
  return [...observations]
    .filter(([, { etcd }]) => etcd !== undefined)
    .map(([name]) => name)
    .sort()[0];
}

/** Alarms stay until somebody takes them away, whatever becomes of their cause. */
export const etcdAlarmCheck: Check = {
  id: 'EtcdAlarm',
  title: 'etcd has no alarm',
  severity: 'error',
  look: ({ node, observations }) =>
    alarmsIn(observations)
      .filter((alarm) => nodeOf(alarm, observations) === node.name)
      .map(({ kind, member }) => explainAlarm(kind, member)),
};
