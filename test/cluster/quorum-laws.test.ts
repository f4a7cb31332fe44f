import { describe, expect, test } from 'vitest';
import { hasQuorum, judgeQuorum, membersAfter, type QuorumVerdict } from '../../src/cluster/quorum.ts';
import { add, idsOf, kinds, membersOf, type OnMember } from './quorum-members.ts';

/** Every multiset of at most `size` of these letters. */
function* multisets(letters: string, size: number): Generator<string> {
  yield '';
  if (size === 0) return;
  for (const [index, letter] of [...letters].entries()) {
    for (const rest of multisets(letters.slice(index), size - 1)) yield letter + rest;
  }
}

/**
 * The model: a set of voters commits when those outside it could not do so themselves, so that two sets that commit
 * always share a voter. Written over letters, without any arithmetic on the size of a quorum.
 */
const commits = (text: string, acknowledge: string): boolean => {
  const voters = [...text].filter((letter) => letter === letter.toLowerCase());
  const inside = voters.filter((letter) => acknowledge.includes(letter));
  const outside = voters.filter((letter) => !acknowledge.includes(letter));
  return inside.some((_, index) => outside[index] === undefined);
};
const healthy = 'h';
const running = 'hgc';

const without = (text: string, at: number): string => text.slice(0, at) + text.slice(at + 1);
const replaced = (text: string, at: number, letter: string): string => text.slice(0, at) + letter + text.slice(at + 1);
/** What is there while, and after, the operation goes on. */
const during: Readonly<Record<OnMember, (text: string, at: number) => string>> = {
  start: (text) => text,
  stop: (text, at) => replaced(text, at, text.charAt(at) === text.charAt(at).toLowerCase() ? 'd' : 'D'),
  restart: (text, at) => during.stop(text, at),
  // A voter that is busy acknowledges nothing.
  defragment: (text, at) => during.stop(text, at),
  promote: (text, at) => replaced(text, at, text.charAt(at).toLowerCase()),
  remove: without,
};

interface Case {
  readonly text: string;
  readonly kind: OnMember;
  readonly at: number;
  readonly letter: string;
  readonly after: string;
  readonly permitted: boolean;
  readonly verdict: QuorumVerdict;
}

const keeps = ({ text, after }: Case, able: string): boolean => !commits(text, able) || commits(after, able);
const works = ({ letter }: Case): boolean => /[hgc]/.test(letter);
/** One voter is away for a while, or one of two where the other works. */
const isNamedRestart = ({ text, kind, at }: Case): boolean =>
  (kind === 'restart' || kind === 'defragment') && text.replace(/[A-Z]/g, '').length <= 2 && !/[dguc]/.test(without(text, at));
const isWhole = (text: string): boolean => /[a-z0-9]$/i.test(text) && !/undefined|NaN|: ;/.test(text);
const votersIn = (text: string): boolean => /[a-z]/.test(text);

const laws: Readonly<Record<string, (one: Case) => boolean>> = {
  'a quorum of healthy voters is never lost': (one) => !one.permitted || keeps(one, healthy) || isNamedRestart(one),
  'a quorum of running voters is never lost': (one) => !one.permitted || keeps(one, running) || isNamedRestart(one),
  'one and two voters can be restarted, with a word': (one) =>
    one.kind === 'defragment' ||
    !isNamedRestart(one) ||
    (one.permitted && one.verdict.skippable.length === (works(one) && one.letter === one.letter.toLowerCase() ? 1 : 0)),
  'a start is never refused': ({ kind, verdict }) => kind !== 'start' || idsOf(verdict) === '',
  'what is dead may be operated': (one) => works(one) || !/^(stop|start|restart)$/.test(one.kind) || one.permitted,
  'a member is defragmented exactly while all voters are healthy, nobody is corrupt, and it is well itself': ({
    kind,
    permitted,
    text,
    letter,
  }) => kind !== 'defragment' || permitted === (!/[dguc]/.test(text) && !text.includes('C') && /[hH]/.test(letter)),
  'who is missed while it is defragmented is told': ({ kind, permitted, text, letter, verdict }) =>
    kind !== 'defragment' || !permitted || (idsOf(verdict) === '(ApiAway)') === (letter === 'h' && text.replace(/[A-Z]/g, '').length <= 2),
  'somebody votes at the end': ({ kind, permitted, after }) => kind !== 'remove' || !permitted || votersIn(after),
  'members change only with quorum': ({ kind, permitted, text }) => !/promote|remove/.test(kind) || !permitted || commits(text, healthy),
  'a corrupt voter counts for no quorum of healthy ones: it is removed as one that is dead is': ({ text, kind, at, letter, verdict }) =>
    kind !== 'remove' ||
    letter !== 'c' ||
    idsOf(verdict) === idsOf(judgeQuorum(membersOf(replaced(text, at, 'd')), { kind, member: String(at + 1) })),
  'only a healthy learner is promoted': ({ kind, permitted, letter }) => kind !== 'promote' || !permitted || letter === 'H',
  'healthy voters are left alone without quorum': (one) =>
    !one.permitted || one.letter !== 'h' || one.kind === 'start' || commits(one.text, healthy) || isNamedRestart(one),
  'no removal is refused needlessly': (one) =>
    one.permitted || one.kind !== 'remove' || !commits(one.text, healthy) || !commits(one.after, healthy) || !votersIn(one.after),
  'no restart is refused needlessly': (one) =>
    one.permitted || one.kind !== 'restart' || !keeps(one, healthy) || !keeps(one, running) || !commits(one.text, healthy),
  'no stop is refused needlessly': (one) =>
    one.permitted || one.kind !== 'stop' || !commits(one.text, healthy) || !commits(one.after, healthy),
  'the order of members decides nothing': ({ text, kind, at, verdict }) =>
    JSON.stringify(judgeQuorum(membersOf(text).toReversed(), { kind, member: String(at + 1) })) === JSON.stringify(verdict),
  'each finding is whole and has a remedy': ({ verdict }) =>
    [...verdict.mandatory, ...verdict.skippable].every(
      ({ message, remedy }) => isWhole(message.replace(/\)$/, '')) && isWhole(remedy.replace(/\)$/, '')),
    ),
};

function casesOf(text: string): readonly Case[] {
  const members = membersOf(text);
  // Equal members give equal verdicts: one of each is enough.
  const first = [...[...text].keys()].filter((at) => text.indexOf(text.charAt(at)) === at);
  return first.flatMap((at) =>
    kinds.map((kind) => {
      const verdict = judgeQuorum(members, { kind, member: String(at + 1) });
      return { text, kind, at, letter: text.charAt(at), after: during[kind](text, at), permitted: verdict.mandatory.length === 0, verdict };
    }),
  );
}

describe('every cluster of up to seven members', () => {
  const clusters = [...multisets('hdgcuHGCDU', 7)];
  const all = clusters.flatMap(casesOf);

  test('is looked at', () => {
    expect(clusters).toHaveLength(19_448);
    expect(all.length).toBeGreaterThan(90_000);
    expect(all.filter(({ permitted }) => permitted).length).toBeGreaterThan(30_000);
  });

  test.each(Object.entries(laws))('%s', (_, holds) => {
    const exceptions = all
      .filter((one) => !holds(one))
      .map(({ kind, at, text, verdict }) => `${kind} ${at + 1} of ${text}: ${idsOf(verdict)}`);
    expect(exceptions.slice(0, 20)).toEqual([]);
  });

  test('a learner is added exactly with quorum and without another', () => {
    const permitted = (text: string): boolean => judgeQuorum(membersOf(text), add()).mandatory.length === 0;
    const wrong = clusters.filter((text) => permitted(text) !== (commits(text, healthy) && text === text.toLowerCase()));
    expect(wrong).toEqual([]);
  });

  test('a learner that is added takes no quorum', () => {
    const after = (text: string): boolean => hasQuorum(membersAfter(membersOf(text), add()));
    expect(clusters.filter((text) => after(text) !== commits(text, healthy))).toEqual([]);
  });
});
