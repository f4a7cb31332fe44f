import { describe, expect, test } from 'vitest';
import { cleanLine, cleanText } from '../../src/ui/clean-text.ts';

describe('cleanText', () => {
  test.each([
    ['keeps text, tabs and newlines', 'a\tb\nc', 'a\tb\nc'],
    ['keeps letters of all languages', 'Zürich 節点 ё', 'Zürich 節点 ё'],
    ['drops colours', '\u001b[31mred\u001b[0m', 'red'],
    ['drops cursor moves', '\u001b[2J\u001b[1;1Hx', 'x'],
    ['drops titles and links', '\u001b]0;owned\u0007x\u001b]8;;http://example.org\u0007y', 'xy'],
    ['drops a lone escape, bell and delete', 'a\u001b\u0007\u007fb', 'ab'],
    ['drops C1 controls', 'a\u0085\u009bb', 'ab'],
    ['drops marks that reorder text', 'abc\u202edcba\u2066', 'abcdcba'],
    ['turns CRLF into LF', 'a\r\nb', 'a\nb'],
  ])('%s', (_what, text, expected) => {
    expect(cleanText(text)).toBe(expected);
  });
});

describe('cleanLine', () => {
  test.each([
    ['  a\n\tb  \r\n c\n', 'a b c'],
    ['50%\r100%', '50% 100%'],
    ['', ''],
  ])('%j', (text, expected) => {
    expect(cleanLine(text)).toBe(expected);
  });
});
