/**
 * `lagging`: runs, but cannot be relied on, mostly because it is far behind the leader. `corrupt`: runs, but holds other data than
 * the rest; no waiting and no restart mends that. `unstarted`: added, never started; etcd lists it without a name.
 */
export type MemberHealth = 'healthy' | 'lagging' | 'corrupt' | 'down' | 'unstarted';

/** One member of etcd as the live member list and its own answers show it. */
export interface Member {
  /** Hexadecimal, as etcdctl prints it. */
  readonly id: string;
  /** Empty while unstarted. */
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
  readonly isLeader: boolean;
  readonly health: MemberHealth;
}

/** `member` is an id. */
export type MemberOperation =
  | { readonly kind: 'start' | 'stop' | 'restart' | 'defragment' | 'promote' | 'remove'; readonly member: string }
  | { readonly kind: 'add-learner'; readonly name: string; readonly peerURL: string };

type AddLearner = Extract<MemberOperation, { kind: 'add-learner' }>;
type OnMember = Exclude<MemberOperation, AddLearner>;

export interface QuorumFinding {
  /** Stable, such as `QuorumWouldBeLost`. */
  readonly id: string;
  readonly message: string;
  readonly remedy: string;
}

/** `mandatory`: the operation is refused, exit code 8. `skippable`: shown as a warning. */
export interface QuorumVerdict {
  readonly mandatory: readonly QuorumFinding[];
  readonly skippable: readonly QuorumFinding[];
}

type Counts = (member: Member) => boolean;

const isVoter: Counts = (member) => !member.isLearner;
const isHealthy: Counts = ({ health }) => health === 'healthy';
/** A lagging voter still acknowledges what it gets to, and so does a corrupt one: it must not be taken away from where it is needed. */
const isRunning: Counts = ({ health }) => health === 'healthy' || health === 'lagging' || health === 'corrupt';
/** May be counted on again by itself. */
const isOfUse: Counts = (member) => isRunning(member) && member.health !== 'corrupt';

export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

interface Standing {
  readonly voters: number;
  /** Voters that count. */
  readonly left: number;
  readonly needed: number;
  /** Voters that may still be lost; negative when quorum is. */
  readonly spare: number;
}

function standing(members: readonly Member[], counts: Counts = isHealthy): Standing {
  const voters = members.filter(isVoter);
  const left = voters.filter(counts).length;
  const needed = quorumOf(voters.length);
  return { voters: voters.length, left, needed, spare: left - needed };
}

/** Whether the healthy voters alone can commit; lagging and corrupt ones do not count. */
export function hasQuorum(members: readonly Member[]): boolean {
  return standing(members).spare >= 0;
}

/** @throws RangeError when no member has this id */
function memberOf(members: readonly Member[], id: string): Member {
  const member = members.find((candidate) => candidate.id === id);
  if (member === undefined) throw new RangeError(`etcd has no member ${id}`);
  return member;
}

const restarted = ({ health }: Member): MemberHealth => (health === 'corrupt' ? health : 'healthy');

const effects: Readonly<Record<OnMember['kind'], (member: Member) => readonly Member[]>> = {
  start: (member) => [{ ...member, health: restarted(member) }],
  stop: (member) => [{ ...member, health: 'down', isLeader: false }],
  restart: (member) => [{ ...member, health: restarted(member), isLeader: false }],
  defragment: (member) => [member],
  promote: (member) => [{ ...member, isLearner: false }],
  remove: () => [],
};

/**
 * The members once the operation is done and what it started has caught up; for going through a whole plan.
 * A new member gets the id `new:NAME`, which no member of etcd can have.
 *
 * @throws RangeError when no member has the id of the operation
 */
export function membersAfter(members: readonly Member[], operation: MemberOperation): readonly Member[] {
  if (operation.kind === 'add-learner') {
    const { name, peerURL } = operation;
    const added = { id: `new:${name}`, name, peerURLs: [peerURL], clientURLs: [], isLearner: true, isLeader: false } as const;
    return [...members, { ...added, health: 'unstarted' }];
  }
  const target = memberOf(members, operation.member);
  return members.flatMap((member) => (member === target ? effects[operation.kind](member) : [member]));
}

const labelOf = ({ name, id }: Member): string => (name === '' ? `member ${id}` : name);
const stateOf = (member: Member): string => `${labelOf(member)} (${member.health === 'unstarted' ? 'never started' : member.health})`;
const listOf = (members: readonly Member[]): string => members.map(stateOf).sort().join(', ');
const countOf = (count: number): string => (count === 1 ? '1 voter' : `${count} voters`);

const missingVoters = (members: readonly Member[]): readonly Member[] => members.filter((member) => isVoter(member) && !isHealthy(member));
const deadVoters = (members: readonly Member[]): readonly Member[] => members.filter((member) => isVoter(member) && !isOfUse(member));

const allowed: QuorumVerdict = { mandatory: [], skippable: [] };
const refuse = (...mandatory: readonly QuorumFinding[]): QuorumVerdict => ({ mandatory, skippable: [] });
const warn = (...skippable: readonly QuorumFinding[]): QuorumVerdict => ({ mandatory: [], skippable });

function quorumLost(members: readonly Member[]): QuorumFinding {
  const { voters, left, needed } = standing(members);
  const missing = missingVoters(members);
  const first = missing.length === 0 ? 'look again' : `bring back ${needed - left} of these first: ${listOf(missing)}`;
  return {
    id: 'QuorumLost',
    message: `${left} of ${countOf(voters)} healthy, ${needed} needed: etcd can commit nothing, and no member that works may be touched`,
    remedy: `${first}; when they are corrupt or gone for good, restore a snapshot`,
  };
}

function quorumWouldBeLost(members: readonly Member[], after: readonly Member[], target: Member, counts?: Counts): QuorumFinding {
  const { voters, left, needed } = standing(after, counts);
  const others = missingVoters(members).filter((member) => member !== target);
  const dead = others.filter((member) => !isOfUse(member));
  const smaller = voters < standing(members).voters;
  return {
    id: 'QuorumWouldBeLost',
    message: `without ${labelOf(target)} ${left} of ${countOf(voters)} would be left, ${needed} needed`,
    remedy: smaller && dead.length > 0 ? `remove or bring back first: ${listOf(dead)}` : `bring back first: ${listOf(others)}`,
  };
}

/** What is left bears no further failure although it did before. */
function thinner(members: readonly Member[], after: readonly Member[], target: Member): QuorumVerdict {
  const { voters, left, needed, spare } = standing(after);
  if (spare > 0 || standing(members).spare <= 0) return allowed;
  const dead = deadVoters(members).filter((member) => member !== target);
  return warn({
    id: 'NoFailureBorne',
    message: `without ${labelOf(target)} ${left} of ${countOf(voters)} would be left, ${needed} needed: the loss of one more stops the cluster`,
    remedy: dead.length === 0 ? 'add another member first' : `remove or bring back first: ${listOf(dead)}`,
  });
}

type Judge = (members: readonly Member[], target: Member) => QuorumVerdict;

const judgeStop: Judge = (members, target) => {
  if (target.isLearner || !isRunning(target)) return allowed;
  const { voters } = standing(members);
  if (voters <= 2) {
    const id = 'LastVoters';
    const message = `without ${labelOf(target)} ${voters - 1} of ${countOf(voters)} would be left, ${quorumOf(voters)} needed`;
    return refuse({ id, message, remedy: 'reset the whole cluster to end it, or add members to keep it' });
  }
  if (!hasQuorum(members)) return refuse(quorumLost(members));
  const after = membersAfter(members, { kind: 'stop', member: target.id });
  return hasQuorum(after) ? thinner(members, after, target) : refuse(quorumWouldBeLost(members, after, target));
};

const judgeRestart: Judge = (members, target) => {
  if (target.isLearner || !isRunning(target)) return allowed;
  const voters = members.filter(isVoter);
  // One or two voters have no spare one: there is no other way to restart them.
  if (voters.length <= 2 && voters.every((voter) => voter === target || isHealthy(voter))) {
    const message = `with ${countOf(voters.length)} nothing can be committed while ${labelOf(target)} restarts: the API is away meanwhile`;
    return warn({ id: 'ApiAway', message, remedy: 'run three members to have none of this' });
  }
  const counts = isHealthy(target) ? isHealthy : isRunning;
  if (isHealthy(target) && !hasQuorum(members)) return refuse(quorumLost(members));
  const during = membersAfter(members, { kind: 'stop', member: target.id });
  const loses = standing(members, counts).spare >= 0 && standing(during, counts).spare < 0;
  return loses ? refuse(quorumWouldBeLost(members, during, target, counts)) : allowed;
};

/** A member takes nothing while its file is written anew: that has time until all are well. */
const judgeDefragment: Judge = (members, target) => {
  const unwell = members.filter((member) => !isHealthy(member) && (isVoter(member) || member.health === 'corrupt' || member === target));
  if (unwell.length > 0) {
    const message = `no member is defragmented while one is not healthy: ${listOf(unwell)}`;
    return refuse({
      id: 'MembersNotHealthy',
      message,
      remedy: 'bring back what is down, wait for what is behind; kcluster etcd status shows it',
    });
  }
  const { voters } = standing(members);
  if (voters > 2 || target.isLearner) return allowed;
  const message = `with ${countOf(voters)} nothing can be committed while ${labelOf(target)} is defragmented: the API is away meanwhile`;
  return warn({ id: 'ApiAway', message, remedy: 'choose a quiet time; run three members to have none of this' });
};

const judgeRemove: Judge = (members, target) => {
  const after = membersAfter(members, { kind: 'remove', member: target.id });
  if (!after.some(isVoter)) {
    const message = `${labelOf(target)} is the last voter: without it 0 voters would be left, 1 needed`;
    return refuse({ id: 'LastMember', message, remedy: 'add and promote another member first, or reset the whole cluster' });
  }
  if (!hasQuorum(members)) return refuse(quorumLost(members));
  return hasQuorum(after) ? thinner(members, after, target) : refuse(quorumWouldBeLost(members, after, target));
};

function learnerProblem(target: Member): QuorumFinding | undefined {
  const label = labelOf(target);
  if (!target.isLearner) return { id: 'NotALearner', message: `${label} votes already`, remedy: 'look again: nothing is to be promoted' };
  if (isHealthy(target)) return undefined;
  const remedies: Partial<Record<MemberHealth, string>> = {
    lagging: `wait until ${label} has caught up`,
    corrupt: `remove ${label}, and let it join anew`,
  };
  const remedy = remedies[target.health] ?? `start ${label}, or remove it`;
  const message = `${stateOf(target)} would vote without being able to acknowledge anything`;
  return { id: 'LearnerNotReady', message, remedy };
}

const judgePromote: Judge = (members, target) => {
  const problem = learnerProblem(target);
  const lost = hasQuorum(members) ? undefined : quorumLost(members);
  const mandatory = [problem, lost].filter((finding) => finding !== undefined);
  if (mandatory.length > 0) return refuse(...mandatory);
  // From here on quorum holds: the newcomer is healthy and raises it by one at most.
  const { voters } = standing(membersAfter(members, { kind: 'promote', member: target.id }));
  if (voters % 2 === 1) return allowed;
  const dead = deadVoters(members);
  return warn({
    id: 'EvenVoters',
    message: `${countOf(voters)} bear the loss of ${voters - quorumOf(voters)}, no more than ${voters - 1} would, and need ${quorumOf(voters)}`,
    remedy: dead.length === 0 ? 'add another member soon' : `remove what is dead: ${listOf(dead)}`,
  });
};

const judges: Readonly<Record<OnMember['kind'], Judge>> = {
  start: () => allowed,
  stop: judgeStop,
  restart: judgeRestart,
  defragment: judgeDefragment,
  promote: judgePromote,
  remove: judgeRemove,
};

const plainURL = (url: string): string => url.toLowerCase().replace(/\/+$/, '');

function judgeAdd(members: readonly Member[], { name, peerURL }: AddLearner): QuorumVerdict {
  const remedyFor = (member: Member): string =>
    isOfUse(member)
      ? `${labelOf(member)} runs: give the new member another one`
      : `remove ${labelOf(member)} first, its id is ${member.id}`;
  const taken = (id: string, what: string, owner: Member | undefined): readonly QuorumFinding[] =>
    owner === undefined ? [] : [{ id, message: `${what} belongs to ${stateOf(owner)}`, remedy: remedyFor(owner) }];
  const sameName = members.find((member) => member.name !== '' && member.name === name);
  const samePeer = members.find(({ peerURLs }) => peerURLs.some((url) => plainURL(url) === plainURL(peerURL)));
  const learners = members.filter((member) => !isVoter(member));
  const inTheWay = {
    id: 'LearnerExists',
    message: `etcd takes one learner at a time, there is ${listOf(learners)}`,
    remedy: `promote or remove first: ${learners.map(({ id }) => id).join(', ')}`,
  };
  const dead = deadVoters(members);
  const unsafe = {
    id: 'DeadVoter',
    message: `${dead.length} of ${countOf(standing(members).voters)} dead: ${listOf(dead)}`,
    remedy: 'remove the dead first: a larger set needs more of the members that are left',
  };
  return {
    mandatory: [
      ...(hasQuorum(members) ? [] : [quorumLost(members)]),
      ...(learners.length === 0 ? [] : [inTheWay]),
      ...taken('NameTaken', `the name ${name}`, sameName),
      ...taken('PeerURLTaken', `the peer URL ${peerURL}`, samePeer),
    ],
    skippable: dead.length === 0 ? [] : [unsafe],
  };
}

/**
 * Whether the operation may be done now, by the live members alone. Whatever stops, restarts, adds, promotes or removes
 * a member asks this first. The order of the list decides nothing.
 *
 * @throws RangeError when no member has the id of the operation
 */
export function judgeQuorum(members: readonly Member[], operation: MemberOperation): QuorumVerdict {
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (operation.kind === 'add-learner') return judgeAdd(sorted, operation);
  return judges[operation.kind](sorted, memberOf(sorted, operation.member));
}
