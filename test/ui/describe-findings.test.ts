import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/engine/plan.ts';
import { describeFindings } from '../../src/ui/describe-findings.ts';

const swap: Finding = { id: 'Swap', node: 'cp-1', severity: 'warning', message: 'swap is on', remedy: 'switch it off' };
const memory: Finding = { id: 'Mem', node: 'worker-10', severity: 'error', message: '512 MiB of memory', remedy: 'give the machine more' };
const cluster: Finding = { id: 'OddVoters', severity: 'warning', message: '2 members', remedy: 'use 1, 3 or 5' };

describe('describeFindings', () => {
  test('none', () => {
    expect(describeFindings([])).toBe('every check passed on every host\n');
  });

  test('errors first, else in their order', () => {
    const given = [swap, cluster, memory];
    expect(describeFindings(given)).toMatchInlineSnapshot(`
      "SEVERITY   NODE        CHECK       FINDING             REMEDY
      error      worker-10   Mem         512 MiB of memory   give the machine more
      warning    cp-1        Swap        swap is on          switch it off
      warning    -           OddVoters   2 members           use 1, 3 or 5
      "
    `);
    expect(given).toEqual([swap, cluster, memory]);
  });

  test('what a host said cannot move the cursor or add lines', () => {
    const text = describeFindings([{ ...swap, message: 'port 6443 is taken by a\u001b[2Jb\nc' }]);
    expect(text.split('\n')).toHaveLength(3);
    expect(text).not.toContain('\u001b');
  });
});
