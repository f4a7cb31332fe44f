import { expect, test } from 'vitest';
import { warnOfNoReturn } from '../../src/upgrade/warn-of-no-return.ts';
import { sample, three } from '../components/sample.ts';
import { inputOf } from './situation.ts';

test.each([
  ['1.36.5', '1.37.1', ['once every API server is 1.37.1 there is no way back to 1.36 but the restore of a backup']],
  ['1.36.3', '1.36.5', []],
  ['1.37.1', '1.37.1', []],
])('from %s to %s', (from, to, messages) => {
  expect(warnOfNoReturn(inputOf(sample(three), { from, to })).map(({ message }) => message)).toEqual(messages);
});
