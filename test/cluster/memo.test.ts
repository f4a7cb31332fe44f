import { expect, test } from 'vitest';
import { Memo } from '../../src/cluster/memo.ts';

function counting(max: number) {
  const memo = new Memo<string | undefined>(max);
  const made: string[] = [];
  const of = (key: string) =>
    memo.of(key, () => {
      made.push(key);
      return key === 'none' ? undefined : `of ${key}`;
    });
  return { of, made };
}

test('an answer is made once, also when it is nothing', () => {
  const { of, made } = counting(10);
  expect(['a', 'none', 'a', 'none'].map(of)).toEqual(['of a', undefined, 'of a', undefined]);
  expect(made).toEqual(['a', 'none']);
});

test('the oldest goes first, the others stay', () => {
  const { of, made } = counting(2);
  for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) of(key);
  expect(made).toEqual(['a', 'b', 'c', 'a']);
});
