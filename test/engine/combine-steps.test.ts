import { describe, expect, test } from 'vitest';
import { inSequence, keepSteps, stepsBeyond } from '../../src/engine/combine-steps.ts';
import type { Step, StepId } from '../../src/engine/plan.ts';

/** `b<a` waits for a; what follows a colon is what it does. */
function stepsOf(text: string): readonly Step[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [left = '', work = ''] = word.split(':');
      const [name = '', after = ''] = left.split('<');
      return {
        id: `x/${name}@n`,
        phase: `x/${name}`,
        node: 'n',
        title: '',
        after: [...after].map((letter): StepId => `x/${letter}@n`),
        actions: work === '' ? [] : [{ kind: 'module', name: work }],
        gate: [],
      };
    });
}
const letter = (id: string): string => id.slice(2, 3);
const draw = (steps: readonly Step[]): string =>
  steps.map(({ id, after }) => `${letter(id)}${after.length === 0 ? '' : `<${after.map(letter).join('')}`}`).join(' ');

describe('steps that are left out', () => {
  test.each([
    ['nothing', 'a b<a', '', 'a b<a'],
    ['the first', 'a b<a c<b', 'a', 'b c<b'],
    ['one in between', 'a b<a c<b', 'b', 'a c<a'],
    ['two in a row', 'a b<a c<b d<c', 'bc', 'a d<a'],
    ['one with several before it', 'a b c<ab d<c', 'c', 'a b d<ab'],
    ['one that is awaited beside what it awaited', 'a b<a c<ab', 'b', 'a c<a'],
    ['everything', 'a b<a', 'ab', ''],
  ])('%s', (_, steps, without, expected) => {
    expect(draw(keepSteps(stepsOf(steps), ({ id }) => !without.includes(letter(id))))).toBe(expected);
  });
});

describe('in sequence', () => {
  test.each([
    ['one list', ['a b<a'], 'a b<a'],
    ['each begins when the one before has ended', ['a b', 'c d<c', 'e'], 'a b c<ab d<c e<d'],
    ['ends are what nobody of the list waits for', ['a b<a c<a', 'd'], 'a b<a c<a d<bc'],
    ['empty lists are stepped over', ['a', '', 'b'], 'a b<a'],
    ['a step that waited for an earlier list waits for all of the one before', ['a', 'b', 'c<a'], 'a b<a c<ab'],
    ['nothing', [], ''],
  ])('%s', (_, parts, expected) => {
    expect(draw(inSequence(parts.map(stepsOf)))).toBe(expected);
  });
});

describe('what goes beyond another plan', () => {
  test.each([
    ['the same plan', 'a:1 b<a:2', 'a:1 b<a:2', ''],
    ['a step more', 'a:1 b<a:2', 'a:1', 'b'],
    ['a step that does something else', 'a:1 b<a:2', 'a:3 b<a:2', 'a'],
    ['what waits for a step that is left out waits for what that one waited for', 'a:1 b<a:2 c<b:3', 'b:2', 'a c<a'],
    ['steps of the other plan alone', 'a:1', 'b:1', 'a'],
  ])('%s', (_, steps, without, expected) => {
    expect(draw(stepsBeyond(stepsOf(steps), stepsOf(without)))).toBe(expected);
  });
});
