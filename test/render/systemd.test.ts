import { describe, expect, test } from 'vitest';
import { InternalError } from '../../src/errors.ts';
import { systemdArgument, systemdAssignment, systemdText } from '../../src/render/systemd.ts';

describe('a word of ExecStart=', () => {
  test.each([
    ['--v=2', '--v=2'],
    ['--feature-gates=A=true,B=false', '--feature-gates=A=true,B=false'],
    ['--listen=https://[fd00::1]:2379', '--listen=https://[fd00::1]:2379'],
    // Expanded by systemd unless doubled.
    ['--path=%n', '--path=%%n'],
    ['--path=$HOME/x', '--path=$$HOME/x'],
    // Split or unquoted by systemd unless quoted.
    ['--columns=a b', '"--columns=a b"'],
    ['--text="x"', '"--text=\\"x\\""'],
    ["--text='x'", '"--text=\'x\'"'],
    ['--pattern=a\\d', '"--pattern=a\\\\d"'],
    [';', '";"'],
    ['', '""'],
  ])('%s becomes %s', (text, expected) => {
    expect(systemdArgument(text)).toBe(expected);
  });

  test.each(['--v=2\nExecStartPost=/bin/evil', '--v=\u0000', '--v=\t'])('refuses control characters in %j', (text) => {
    expect(() => systemdArgument(text)).toThrow(InternalError);
  });
});

describe('an assignment of Environment=', () => {
  test.each([
    ['HTTP_PROXY', 'http://proxy:3128', 'HTTP_PROXY=http://proxy:3128'],
    ['A', '$B', 'A=$B'],
    ['A', '100%', 'A=100%%'],
    ['A', 'two words', '"A=two words"'],
    ['A', '', 'A='],
  ])('%s %s becomes %s', (name, value, expected) => {
    expect(systemdAssignment(name, value)).toBe(expected);
  });

  test('refuses a second line', () => {
    expect(() => systemdAssignment('A', 'x\nUser=root')).toThrow(InternalError);
  });
});

test('text of a setting keeps its percent signs', () => {
  expect(systemdText('kube-apiserver.key:/etc/100%/x')).toBe('kube-apiserver.key:/etc/100%%/x');
});
