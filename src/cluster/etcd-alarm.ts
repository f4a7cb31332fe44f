/** An alarm of etcd in words: what it means, and the way out. */
export interface AlarmText {
  /** Only wrong data gets worse by going on. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly remedy: string;
}

const disarm = 'etcdctl alarm disarm';
const texts: Readonly<Record<string, (member: string | undefined) => Omit<AlarmText, 'severity'>>> = {
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
    remedy:
      'kcluster etcd reclaim makes room and takes the alarm away; or more room with components.etcd.extraArgs: { quota-backend-bytes: BYTES }',
  }),
};

/** @param member name of the one whose alarm it is; undefined: of nobody in particular, or of one that is gone */
export function explainAlarm(kind: string, member: string | undefined): AlarmText {
  const text = texts[kind]?.(member) ?? { message: `etcd has the alarm ${kind}`, remedy: `mend its cause, then ${disarm}` };
  return { ...text, severity: kind === 'CORRUPT' ? 'error' : 'warning' };
}
