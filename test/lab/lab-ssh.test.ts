import { describe, expect, test, vi } from 'vitest';
import { sshArguments } from '../../src/lab/lab-ssh.ts';
import type { LabMachine } from '../../src/lab/state.ts';

const machine: LabMachine = { name: 'demo-w1', address: '10.101.7.21', roles: ['worker'], cgroups: [] };

function argumentsFor(command: readonly string[], user = 'root'): readonly string[] {
  vi.stubEnv('XDG_STATE_HOME', '/state');
  try {
    return sshArguments('demo', machine, { user, command });
  } finally {
    vi.unstubAllEnvs();
  }
}

describe('ssh to a lab host', () => {
  test('uses the lab’s key and pinned host keys, and nothing of the user’s', () => {
    const words = argumentsFor([]);
    expect(words.slice(0, 2)).toEqual(['-F', 'none']);
    expect(words).toEqual(
      expect.arrayContaining([
        'IdentityFile=/state/kcluster/lab/demo/id_ed25519',
        'IdentitiesOnly=yes',
        'UserKnownHostsFile=/state/kcluster/lab/demo/known_hosts',
        'StrictHostKeyChecking=yes',
      ]),
    );
  });

  test.each([
    ['a login shell', [], 'root', ['root@10.101.7.21']],
    ['one word is a shell line, as with ssh', ['uptime; id'], 'root', ['root@10.101.7.21', 'uptime; id']],
    ['several words arrive as they are', ['echo', 'a  b', "it's"], 'admin', ['admin@10.101.7.21', "echo 'a  b' 'it'\\''s'"]],
  ])('%s', (_, command, user, tail) => {
    expect(argumentsFor(command, user).slice(-tail.length)).toEqual(tail);
  });
});
