import { expect, test } from 'vitest';
import { chooseReporter } from '../../src/ui/choose-reporter.ts';

test.each([
  { json: true, isTTY: true, ci: false, kind: 'json' },
  { json: true, isTTY: false, ci: true, kind: 'json' },
  { json: false, isTTY: true, ci: false, kind: 'tree' },
  { json: false, isTTY: true, ci: true, kind: 'lines' },
  { json: false, isTTY: false, ci: false, kind: 'lines' },
])('json $json, terminal $isTTY, CI $ci: $kind', ({ kind, ...situation }) => {
  expect(chooseReporter(situation)).toBe(kind);
});
