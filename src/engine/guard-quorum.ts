import { judgeQuorum, type Member, type MemberOperation, membersAfter, type QuorumFinding } from '../cluster/quorum.ts';
import type { Action } from './action.ts';
import type { Step } from './plan.ts';

const etcdUnit = 'etcd.service';
const unitOperations = { start: 'start', restart: 'restart', stop: 'stop' } as const;

/** Whether the step may cost etcd a vote, or gives it one. */
export function touchesMembership(step: Step): boolean {
  return step.actions.some((action) => operationOf(action) !== undefined);
}

function operationOf(action: Action): MemberOperation['kind'] | undefined {
  if (action.kind === 'etcd-add-member') return 'add-learner';
  if (action.kind === 'etcd-promote') return 'promote';
  if (action.kind === 'etcd-remove-member') return 'remove';
  if (action.kind === 'etcd-defrag') return 'defragment';
  // Its gate is awaited before anything else of the plan: the member is well then, or the run ends.
  if (action.kind === 'keep') return action.unfinished === true && action.units.includes(etcdUnit) ? 'start' : undefined;
  if (action.kind !== 'unit' || action.unit !== etcdUnit || action.op === 'enable' || action.op === 'disable') return undefined;
  return unitOperations[action.op as keyof typeof unitOperations];
}

function memberOf(members: readonly Member[], action: Action, node: string): Member | undefined {
  if (action.kind === 'etcd-remove-member' || action.kind === 'etcd-defrag') return members.find(({ id }) => id === action.id);
  const url = 'peerURL' in action ? action.peerURL : undefined;
  return members.find(({ name, peerURLs }) => (url === undefined ? name === node : peerURLs.includes(url)));
}

/** What an action does to the membership; undefined when it does nothing to it, as the start of what is no member. */
function membershipChange(members: readonly Member[], action: Action, node: string): MemberOperation | undefined {
  const kind = operationOf(action);
  if (kind === undefined) return undefined;
  const member = memberOf(members, action, node);
  if (action.kind === 'etcd-add-member') {
    // Added by an earlier run: nothing is asked of etcd again.
    return member?.health === 'unstarted' ? undefined : { kind: 'add-learner', name: action.name, peerURL: action.peerURL };
  }
  return member === undefined || kind === 'add-learner' ? undefined : { kind, member: member.id };
}

export interface QuorumDoubt extends QuorumFinding {
  readonly node: string;
  readonly severity: 'error' | 'warning';
}

/**
 * Goes through steps in their order and asks the quorum engine about each change of a member, on the members as the changes
 * before leave them. Every verb's plan passes here; what the actions say counts, not which verb made them. Pure.
 *
 * @param members as they answer now
 */
export function judgeSteps(steps: readonly Step[], members: readonly Member[]): readonly QuorumDoubt[] {
  const doubts: QuorumDoubt[] = [];
  let current = members;
  for (const { node, actions } of steps) {
    for (const action of actions) {
      const operation = membershipChange(current, action, node);
      if (operation === undefined) continue;
      if (operation.kind === 'promote') current = caughtUp(current, ({ id }) => id === operation.member);
      const { mandatory, skippable } = judgeQuorum(current, operation);
      doubts.push(...mandatory.map((finding) => ({ ...finding, node, severity: 'error' as const })));
      doubts.push(...skippable.map((finding) => ({ ...finding, node, severity: 'warning' as const })));
      current = membersAfter(current, operation);
    }
  }
  return doubts;
}

/** What promotes a learner waits until it has caught up; wrong data stays wrong. */
function caughtUp(members: readonly Member[], isMeant: (member: Member) => boolean): readonly Member[] {
  return members.map((member) => (isMeant(member) && member.health !== 'corrupt' ? { ...member, health: 'healthy' } : member));
}
