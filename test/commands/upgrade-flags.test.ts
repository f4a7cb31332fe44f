import { Parser } from '@oclif/core';
import { describe, expect, test } from 'vitest';
import type { UpgradePlan } from '../../src/app/plan-upgrade.ts';
import { choicesOfFlags, choicesOfPlan, upgradeFlags } from '../../src/commands/_shared/upgrade-flags.ts';
import { v } from '../upgrade/situation.ts';

const parse = async (...argv: readonly string[]) => (await Parser.parse([...argv], { flags: upgradeFlags })).flags;

const usual = {
  ignorePreflight: [],
  maxUnavailable: '10%',
  drain: { timeoutSeconds: 300, force: false },
  drainAlways: false,
};

describe('flags', () => {
  test.each<[string, readonly string[], object]>([
    ['none', [], usual],
    ['a target', ['--to', '1.37.1'], { ...usual, to: v('1.37.1') }],
    ['a target as kubeadm writes it', ['--to', 'v1.37.1'], { ...usual, to: v('1.37.1') }],
    [
      'drains',
      ['--drain', '--force', '--drain-timeout', '1m30s'],
      { ...usual, drainAlways: true, drain: { timeoutSeconds: 90, force: true } },
    ],
    ['how many at once', ['--max-unavailable', '2'], { ...usual, maxUnavailable: '2' }],
    ['what is waived', ['--ignore-preflight', 'A', '--ignore-preflight', 'B'], { ...usual, ignorePreflight: ['A', 'B'] }],
  ])('%s', async (_, argv, choices) => {
    expect(choicesOfFlags(await parse(...argv))).toEqual(choices);
  });

  test.each([
    ['no release', ['--to', '1.37']],
    ['no time', ['--drain-timeout', 'long']],
  ])('%s is refused', async (_, argv) => {
    await expect(parse(...argv)).rejects.toThrow();
  });
});

describe('a saved plan', () => {
  const plan = { workflow: 'upgrade', maxUnavailable: '3', findings: [{ id: 'BackupAge' }, { id: 'DrainData' }], steps: [] };
  const choices = { drain: { timeoutSeconds: 60, force: true }, drainAlways: true };
  const saved = { newK8sVersion: '1.37.1', plan, choices } as unknown as UpgradePlan;

  test('asks for what was asked for when it was made, whatever the flags say', async () => {
    const flags = await parse('--drain-timeout', '9m', '--max-unavailable', '1');
    expect(choicesOfPlan(saved, flags)).toEqual({
      ...choices,
      to: v('1.37.1'),
      reviewed: plan,
      ignorePreflight: ['BackupAge', 'DrainData'],
      maxUnavailable: '3',
    });
  });

  test('what was found then has been read; more may be waived', async () => {
    const { ignorePreflight } = choicesOfPlan(saved, await parse('--ignore-preflight', 'HostClock'));
    expect(ignorePreflight).toEqual(['BackupAge', 'DrainData', 'HostClock']);
  });

  test('nothing in its choices takes the place of the plan', async () => {
    const more = { ...saved, choices: { ...choices, reviewed: undefined, ignorePreflight: ['x'], maxUnavailable: '99' } } as UpgradePlan;
    expect(choicesOfPlan(more, await parse())).toMatchObject({ reviewed: plan, maxUnavailable: '3' });
  });
});
