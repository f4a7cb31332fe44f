import type { EtcdAlarm } from '../engine/etcd-seen.ts';
import type { Check, Found, Situation } from './check.ts';

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

const disarm = 'etcdctl alarm disarm';
const remedies: Readonly<Record<string, (member: string | undefined) => Omit<Found, 'severity'>>> = {
  CORRUPT: (member) =>
    member === undefined
      ? {
          message: 'members of etcd hold different data, and it is not known whose is right (alarm CORRUPT): nothing can be written',
          remedy: `find out which member is right, or restore a snapshot; ${disarm} comes last`,
        }
      : {
          message: `etcd member ${member} holds other data than the rest (alarm CORRUPT): nothing can be written`,
          remedy: `stop etcd on ${member}, then ${disarm} on another member; kcluster nodes remove ${member}, and let it join anew`,
        },
  NOSPACE: (member) => ({
    message: `etcd${member === undefined ? '' : ` member ${member}`} has no space left within its quota (alarm NOSPACE): nothing can be written`,
    remedy: `etcdctl compact and defrag, then ${disarm}; or more room with components.etcd.extraArgs: { quota-backend-bytes: BYTES }`,
  }),
};

/** Alarms stay until somebody takes them away, whatever becomes of their cause. */
export const etcdAlarmCheck: Check = {
  id: 'EtcdAlarm',
  title: 'etcd has no alarm',
  severity: 'error',
  look: ({ node, observations }) =>
    alarmsIn(observations)
      .filter((alarm) => nodeOf(alarm, observations) === node.name)
      .map(({ kind, member }): Found => {
        const found = remedies[kind]?.(member) ?? { message: `etcd has the alarm ${kind}`, remedy: `mend its cause, then ${disarm}` };
        // Only wrong data gets worse by going on.
        return { ...found, severity: kind === 'CORRUPT' ? 'error' : 'warning' };
      }),
};
