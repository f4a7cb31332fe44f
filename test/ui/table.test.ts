import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { createPaint } from '../../src/ui/paint.ts';
import { renderTable } from '../../src/ui/table.ts';

describe('renderTable', () => {
  test('aligns columns without borders and leaves no blanks at the end of lines', () => {
    const text = renderTable(
      ['NODE', 'ROLES', 'VERSION'],
      [
        ['cp1', 'control-plane,etcd', 'v1.37.1'],
        ['worker-10', '', 'v1.36.0'],
        ['w2', 'worker', ''],
      ],
    );
    expect(text).toBe(
      [
        'NODE        ROLES                VERSION',
        'cp1         control-plane,etcd   v1.37.1',
        'worker-10                        v1.36.0',
        'w2          worker',
        '',
      ].join('\n'),
    );
  });

  test('no rows leave the headings', () => {
    expect(renderTable(['A', 'B'], [])).toBe('A   B\n');
  });

  test('a short row has empty cells, a long one loses what has no heading', () => {
    expect(renderTable(['A', 'B'], [['1'], ['1', '2', '3']])).toBe('A   B\n1\n1   2\n');
  });

  test.each([
    ['wide characters', '節点一号'],
    ['an emoji', '👩‍🔧 up'],
    ['a combining mark', 'e\u0301tcd'],
    ['colours', createPaint(true)('red', 'failed')],
  ])('%s are measured as shown', (_what, cell) => {
    const [heading = '', row = ''] = renderTable(['NAME', 'NEXT'], [[cell, 'x']]).split('\n');
    const column = heading.indexOf('NEXT');
    expect(stringWidth(row.slice(0, row.lastIndexOf('x')))).toBe(column);
  });

  test('keeps our colours, drops what moves the cursor', () => {
    const red = createPaint(true)('red', 'down');
    expect(renderTable(['A'], [[`${red}\u001b[2J\u0007\u001b]0;title\u0007!`]])).toBe(`A\n${red}!\n`);
  });

  test('a cell is one line', () => {
    expect(renderTable(['A', 'B'], [['one\ntwo\tthree', 'x']])).toBe('A               B\none two three   x\n');
  });
});
