import { expect, test } from 'vitest';
import { printable } from '../../src/host/printable.ts';

test.each([
  ['plain text\twith tab\nand line', 'plain text\twith tab\nand line'],
  ['größer €', 'größer €'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b[2J\u001b[1;1Hcleared', 'cleared'],
  ['\u001b]0;window title\u0007text', 'text'],
  ['\u001b]8;;http://x\u001b\\link', '\\link'],
  ['\u009b31mred', '31mred'],
  ['bell\u0007, null\u0000, delete\u007f', 'bell, null, delete'],
  ['over\rwrite', 'overwrite'],
  ['line\r\nline', 'line\nline'],
  ['\t[bracket] after tab\n[next]', '[bracket] after tab\n[next]'],
  ['  spaces around  \n', 'spaces around'],
])('%j is shown as %j', (text, wanted) => {
  expect(printable(text)).toBe(wanted);
});

test('long text is cut and says by how much', () => {
  expect(printable('x'.repeat(5_000), 10)).toBe('xxxxxxxxxx … (4990 characters more)');
});

test('nothing that a terminal obeys is left, whatever comes', () => {
  const nasty = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
  expect(printable(`${nasty}[${nasty}]${nasty}`)).not.toMatch(/(?![\t\n])\p{Cc}/u);
});
