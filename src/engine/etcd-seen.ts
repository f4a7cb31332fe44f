/** A member as etcd's list has it. */
export interface EtcdMemberSeen {
  /** Hexadecimal, as etcdctl prints it. */
  readonly id: string;
  /** Empty until the member has started once. */
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

/** What a member answered about itself. */
export interface EtcdStatusSeen {
  readonly version: string;
  /** Id of the leader that the member follows; undefined while it knows of none. */
  readonly leader: string | undefined;
  /** Of its keys. */
  readonly revision: number;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly isLearner: boolean;
  /** Of the file. */
  readonly dbSizeBytes: number;
  /** Of what the file holds; the rest of it would be given back by a defragmentation. */
  readonly dbSizeInUseBytes: number;
  /** How large the file may grow; undefined before etcd 3.6, which does not tell. */
  readonly quotaBytes: number | undefined;
  readonly raftTerm: number;
  /** Alarms among them. */
  readonly errors: readonly string[];
  /** Whether the member can read its own data; says nothing about quorum. */
  readonly healthy: boolean;
}

/** An alarm of the cluster, as every member tells it. */
export interface EtcdAlarm {
  /** `CORRUPT`, `NOSPACE`. */
  readonly kind: string;
  /** Of whom; absent: of nobody in particular, as when the members differ and none is in the majority. */
  readonly memberId?: string;
}

/** The etcd cluster as the member on one host sees it. */
export interface EtcdSeen {
  readonly clusterId: string;
  /** Of the member on this host. */
  readonly memberId: string;
  readonly members: readonly EtcdMemberSeen[];
  /** By member id; absent: the member did not answer this host. */
  readonly statuses: ReadonlyMap<string, EtcdStatusSeen>;
  readonly alarms: readonly EtcdAlarm[];
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
/** The gateway leaves out what is zero, and writes 64-bit numbers as text. */
const numberOf = (value: unknown): number => Number(textOf(value) || 0);

/** Ids have 64 bits: as a number they would lose their last digits. */
function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[1-9]\d*$/.test(value) ? BigInt(value).toString(16) : undefined;
}

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Speaker {
  readonly clusterId: string;
  readonly memberId: string;
}

function speakerOf({ header }: Fields): Speaker | undefined {
  if (!isFields(header)) return undefined;
  const clusterId = idOf(header.cluster_id);
  const memberId = idOf(header.member_id);
  return clusterId === undefined || memberId === undefined ? undefined : { clusterId, memberId };
}

function readMember(value: unknown): EtcdMemberSeen | undefined {
  if (!isFields(value)) return undefined;
  const id = idOf(value.ID);
  const peerURLs = textsOf(value.peerURLs);
  if (id === undefined || peerURLs.length === 0) return undefined;
  return { id, name: textOf(value.name), peerURLs, clientURLs: textsOf(value.clientURLs), isLearner: value.isLearner === true };
}

/** `text`: the status, a line feed, the HTTP status of the health check. */
function readStatus(text: string): (Speaker & { readonly status: EtcdStatusSeen }) | undefined {
  const at = text.lastIndexOf('\n');
  const answer = parse(text.slice(0, Math.max(at, 0)));
  const speaker = answer === undefined ? undefined : speakerOf(answer);
  if (answer === undefined || speaker === undefined) return undefined;
  const status = {
    version: textOf(answer.version),
    leader: idOf(answer.leader),
    revision: isFields(answer.header) ? numberOf(answer.header.revision) : 0,
    raftIndex: numberOf(answer.raftIndex),
    raftAppliedIndex: numberOf(answer.raftAppliedIndex),
    isLearner: answer.isLearner === true,
    dbSizeBytes: numberOf(answer.dbSize),
    dbSizeInUseBytes: numberOf(answer.dbSizeInUse),
    quotaBytes: numberOf(answer.dbSizeQuota) || undefined,
    raftTerm: numberOf(answer.raftTerm),
    errors: textsOf(answer.errors),
    healthy: text.slice(at + 1) === '200',
  };
  return { ...speaker, status };
}

/** Among the errors of a status: `memberID:3210355901217236633 alarm:NOSPACE `, with blanks that may vary. */
function readAlarm(text: string): EtcdAlarm | undefined {
  const kind = /(?:^|\s)alarm:\s*([A-Z]+)/.exec(text)?.[1];
  const memberId = idOf(/(?:^|\s)memberID:\s*(\d+)/.exec(text)?.[1]);
  return kind === undefined ? undefined : { kind, ...(memberId === undefined ? {} : { memberId }) };
}

/** Each once, whoever told it. */
function alarmsOf(statuses: Iterable<EtcdStatusSeen>): readonly EtcdAlarm[] {
  const told = [...statuses].flatMap(({ errors }) => errors.map(readAlarm)).filter((alarm) => alarm !== undefined);
  return [...new Map(told.map((alarm) => [`${alarm.kind} ${alarm.memberId ?? ''}`, alarm])).values()];
}

/**
 * Reads what etcd's JSON gateway answered. A list that is broken, torn or empty is no answer, never a cluster without
 * members; a status that is broken, or of another cluster, is that of a member that did not answer.
 *
 * @param statusTexts each the status, a line feed, the HTTP status of the health check
 */
export function readEtcd(listText: string, statusTexts: readonly string[]): EtcdSeen | undefined {
  const list = parse(listText);
  const speaker = list === undefined ? undefined : speakerOf(list);
  if (list === undefined || speaker === undefined || !Array.isArray(list.members)) return undefined;
  const members = list.members.map(readMember).filter((member) => member !== undefined);
  if (members.length === 0 || members.length < list.members.length) return undefined;
  const answers = statusTexts.map(readStatus).filter((answer) => answer?.clusterId === speaker.clusterId);
  const statuses = new Map(answers.flatMap((answer) => (answer === undefined ? [] : [[answer.memberId, answer.status]])));
  return { ...speaker, members, statuses, alarms: alarmsOf(statuses.values()) };
}
