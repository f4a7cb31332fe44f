import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const guide = path.resolve(import.meta.dirname, '../../docs/guide/faults.md');
const links = [...readFileSync(guide, 'utf8').matchAll(/^\| ([^|]*) \| [^|]* \| \[([^\]]*)\]\(([^)]*)\) \|/gm)].map(
  ([, incident = '', words = '', file = '']) => ({
    incident,
    words,
    file,
  }),
);

describe('every incident of the guide has the test that it names', () => {
  test('there are as many as are told', () => {
    expect(links.length).toBeGreaterThan(20);
  });

  test.each(links)('$incident', ({ words, file }) => {
    expect(readFileSync(path.resolve(path.dirname(guide), file), 'utf8')).toContain(words);
  });
});
