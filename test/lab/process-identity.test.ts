import { describe, expect, test } from 'vitest';
import { identifyProcess, isAlive, killProcess, parseProcessStat } from '../../src/lab/process-identity.ts';

const rest = '1 100 100 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0';

describe('/proc/PID/stat', () => {
  test.each([
    ['a plain name', `42 (sh) S ${rest} 156921 1000 2`, { state: 'S', startTicks: 156921 }],
    ['a name with parentheses and spaces', `42 (a) Z (b) R ${rest} 7 1000 2`, { state: 'R', startTicks: 7 }],
    ['remains', `42 (sh) Z ${rest} 8 0 0`, { state: 'Z', startTicks: 8 }],
  ])('%s', (_, text, expected) => {
    expect(parseProcessStat(text)).toEqual(expected);
  });

  test.each(['', 'nonsense', '42 (sh) S 1 2 3'])('"%s" is no such line', (text) => {
    expect(parseProcessStat(text)).toBeUndefined();
  });
});

describe.runIf(process.platform === 'linux')('the identity of a process', () => {
  const self = identifyProcess(process.pid) ?? expect.fail('this process is not in /proc');

  test('this process is alive under its identity', () => {
    expect(isAlive(self)).toBe(true);
  });

  test.each([
    ['start time', { startTicks: self.startTicks + 1 }],
    ['boot', { bootId: '00000000-0000-0000-0000-000000000000' }],
  ])('another %s is another process, and is not killed', (_, difference) => {
    const other = { ...self, ...difference };
    expect(isAlive(other)).toBe(false);
    expect(() => killProcess(other)).not.toThrow();
  });

  test('a number nobody has is nobody', () => {
    expect(identifyProcess(2 ** 22 + 1)).toBeUndefined();
  });
});
