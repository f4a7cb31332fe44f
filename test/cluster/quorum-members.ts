import type { Member, MemberHealth, MemberOperation, QuorumVerdict } from '../../src/cluster/quorum.ts';

/** `h` healthy, `d` down, `g` lagging, `c` corrupt, `u` never started; upper case: a learner. The n-th member is m-n, its id n. */
export const healthOf: Readonly<Record<string, MemberHealth>> = { h: 'healthy', d: 'down', g: 'lagging', c: 'corrupt', u: 'unstarted' };

export function membersOf(text: string): readonly Member[] {
  return [...text].map((letter, index) => {
    const health = healthOf[letter.toLowerCase()];
    if (health === undefined) throw new Error(`no health ${letter}`);
    const at = index + 1;
    return {
      id: String(at),
      name: health === 'unstarted' ? '' : `m-${at}`,
      peerURLs: [`https://192.0.2.${at}:2380`],
      clientURLs: health === 'unstarted' ? [] : [`https://192.0.2.${at}:2379`],
      isLearner: letter !== letter.toLowerCase(),
      isLeader: false,
      health,
    };
  });
}

export const add = (name = 'new', peerURL = 'https://192.0.2.99:2380'): MemberOperation => ({ kind: 'add-learner', name, peerURL });
export const idsOf = ({ mandatory, skippable }: QuorumVerdict): string =>
  [...mandatory.map(({ id }) => id), ...skippable.map(({ id }) => `(${id})`)].join(' ');

export type OnMember = Exclude<MemberOperation['kind'], 'add-learner'>;
export const kinds: readonly OnMember[] = ['start', 'stop', 'restart', 'defragment', 'promote', 'remove'];
