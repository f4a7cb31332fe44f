import { describe, expect, test } from 'vitest';
import { formatPath, formatProblem, type Problem } from '../../src/inventory/problem.ts';

test.each([
  [[], ''],
  [['nodes', 2, 'roles', 0], 'nodes[2].roles[0]'],
  [['cluster', 'components', 'kube-apiserver', 'extraArgs'], 'cluster.components.kube-apiserver.extraArgs'],
  [['nodes', 0, 'labels', 'example.com/rack'], 'nodes[0].labels."example.com/rack"'],
  [['__proto__'], '__proto__'],
])('formatPath(%j) is %s', (path, text) => {
  expect(formatPath(path)).toBe(text);
});

describe('formatProblem', () => {
  const text = 'kind: Inventory\r\nnodes:\r\n\t- roles: [workr]\r\n';
  const problem: Problem = { severity: 'error', path: 'nodes[0].roles[0]', message: 'no', line: 3, column: 12, length: 5 };

  test('shows place, source line and carets', () => {
    expect(formatProblem(problem, 'a.yaml', text)).toBe(
      ['a.yaml:3:12 nodes[0].roles[0]: no', '  3 |  - roles: [workr]', '    |            ^^^^^'].join('\n'),
    );
  });

  test('says when it is only a warning', () => {
    expect(formatProblem({ ...problem, severity: 'warning' }, 'a.yaml', text)).toContain('a.yaml:3:12 nodes[0].roles[0]: warning: no\n');
  });

  test('keeps the carets within the line', () => {
    const carets = formatProblem({ ...problem, length: 500 }, 'a.yaml', text).split('\n')[2];
    expect(carets).toBe(`    | ${' '.repeat(11)}${'^'.repeat(6)}`);
  });

  test('without a source line there are no carets', () => {
    expect(formatProblem({ ...problem, line: 9, path: '' }, 'a.yaml', text)).toBe('a.yaml:9:12: no');
  });

  test('brings a far column of a long line onto the screen', () => {
    const long = `${'x'.repeat(3000)}HERE${'y'.repeat(3000)}`;
    const lines = formatProblem({ ...problem, line: 1, column: 3001, length: 4 }, 'a.yaml', long).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(130);
    const from = lines[2]?.indexOf('^') ?? -1;
    expect(lines[1]?.slice(from, from + 4)).toBe('HERE');
    expect(lines[2]?.trimEnd().endsWith('| ^^^^')).toBe(false);
  });

  test('shows no control character of the text', () => {
    const shown = formatProblem({ ...problem, line: 1, column: 1 }, 'a.yaml', '\u001b[31mred: 1');
    expect(shown).not.toContain('\u001b');
    expect(shown).toContain('  1 |  [31mred: 1');
  });
});
