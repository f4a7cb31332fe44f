import { describe, expect, test } from 'vitest';
import { type Cron, parseCron, shortestGapMinutes } from '../../src/cluster/cron.ts';

const cronOf = (text: string): Cron => {
  const cron = parseCron(text);
  if (typeof cron === 'string') throw new Error(cron);
  return cron;
};
const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('fields', () => {
  const every = {
    minutes: range(0, 59),
    hours: range(0, 23),
    days: range(1, 31),
    months: range(1, 12),
    weekdays: range(0, 6),
    either: false,
  };

  test.each<[string, Partial<Cron>]>([
    ['* * * * *', {}],
    ['30 3 * * *', { minutes: [30], hours: [3] }],
    ['  */20   1-5/2 * * * ', { minutes: [0, 20, 40], hours: [1, 3, 5] }],
    ['5/20 * * * *', { minutes: [5, 25, 45] }],
    ['0 0,12 1 */3 *', { minutes: [0], hours: [0, 12], days: [1], months: [1, 4, 7, 10] }],
    ['0 6 * JAN-mar Mon,WED,7', { minutes: [0], hours: [6], months: [1, 2, 3], weekdays: [0, 1, 3] }],
    ['0 0 * * fri-7', { minutes: [0], hours: [0], weekdays: [0, 5, 6] }],
    ['0 0 * * 5/1', { minutes: [0], hours: [0], weekdays: [5, 6] }],
    ['59,0,59 23 * * *', { minutes: [0, 59], hours: [23] }],
    ['0 0 13 * 5', { minutes: [0], hours: [0], days: [13], weekdays: [5], either: true }],
    // As cron has it: a field that begins with "*" does not count as restricted.
    ['0 0 */2 * 1', { minutes: [0], hours: [0], days: range(1, 31).filter((day) => day % 2 === 1), weekdays: [1] }],
    ['0 0 31 2 1', { minutes: [0], hours: [0], days: [31], months: [2], weekdays: [1], either: true }],
    ['0 0 29 feb *', { minutes: [0], hours: [0], days: [29], months: [2] }],
    ['@hourly', { minutes: [0] }],
    ['@daily', { minutes: [0], hours: [0] }],
    ['@midnight', { minutes: [0], hours: [0] }],
    ['@Weekly', { minutes: [0], hours: [0], weekdays: [0] }],
    ['@monthly', { minutes: [0], hours: [0], days: [1] }],
    ['@yearly', { minutes: [0], hours: [0], days: [1], months: [1] }],
    ['@annually', { minutes: [0], hours: [0], days: [1], months: [1] }],
  ])('%s', (text, sets) => {
    expect(cronOf(text)).toEqual({ text, ...every, ...sets });
  });
});

describe('faults name the field, the fact and what to write', () => {
  test.each([
    ['', 'has 0 fields instead of five: minute, hour, day of the month, month, day of the week; write it as in "30 3 * * *"'],
    ['0 3 * *', 'has 4 fields instead of five'],
    ['0 0 3 * * *', 'leave seconds and years out'],
    ['60 * * * *', 'minute "60" is out of range; write one from 0 to 59'],
    ['* 24 * * *', 'hour "24" is out of range; write one from 0 to 23'],
    ['* * 0 * *', 'day of the month "0" is out of range; write one from 1 to 31'],
    ['* * * 13 *', 'month "13" is out of range; write one from 1 to 12'],
    ['* * * * 8', 'day of the week "8" is out of range; write one from 0 to 7'],
    ['x * * * *', 'minute "x" is not a number; write one from 0 to 59'],
    ['* * * foo *', 'month "foo" is not a number; write one from 1 to 12, or a name such as FEB'],
    ['* * * * tues', 'day of the week "tues" is not a number; write one from 0 to 7, or a name such as MON'],
    ['-1 * * * *', 'minute "" is not a number'],
    ['5-1 * * * *', 'minute "5-1" runs backwards; write two ranges joined by ","'],
    ['1-2-3 * * * *', 'minute "1-2-3" is not a range; write it as in "1-5"'],
    ['*/0 * * * *', 'minute "*/0" has a step that is not a number from 1 to 59; write it as in "*/5"'],
    ['*/x * * * *', 'has a step that is not a number'],
    ['*/90 * * * *', 'has a step that is not a number from 1 to 59'],
    ['*/2/3 * * * *', 'minute "*/2/3" has two steps; write one'],
    ['1,,2 * * * *', 'minute "" is empty; write "*" for every one'],
    ['0 0 L * *', 'day of the month "L" uses "L", which is not understood; list the values instead'],
    ['0 0 * * 5#2', 'day of the week "5#2" uses "#"'],
    ['0 0 ? * 1', 'uses "?"'],
    ['0 0 30,31 2 *', 'day of the month "30,31" never comes in month "2"; choose a day that these months have'],
    ['@reboot', '"@reboot" is not known; write one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or five fields'],
  ])('%s', (text, message) => {
    expect(parseCron(text)).toContain(message);
  });
});

test.each([
  ['* * * * *', 1],
  ['*/7 * * * *', 4],
  ['0 * * * *', 60],
  ['0,50 23,0 * * *', 10],
  ['30 3 * * *', 1440],
  ['0 1,13 * * 1', 720],
])('%s never comes twice within less than %i minutes', (text, minutes) => {
  expect(shortestGapMinutes(cronOf(text))).toBe(minutes);
});
