import { judgeHostKey, judgeJump, matches, patterns } from '../syntax.ts';
import { mapping, oneOf, oneOrMore, path, text, wholeNumber } from './building-blocks.ts';

const shared = {
  user: text('Login on the machine; default root.', matches(patterns.user, 'is not the name of a user')).optional(),
  port: wholeNumber('Port of the SSH server; default 22.', 1, 65535).optional(),
  identityFile: path('Private key, relative to the inventory or under ~; absent: ssh-agent and the usual files.').optional(),
  jump: oneOrMore(text('[user@]host[:port]', judgeJump), 8, 'Jump hosts from here outwards, a list or joined by commas.').optional(),
  become: oneOf(
    'a way to become root',
    ['none', 'sudo'],
    'How root is reached; default none for root, sudo for any other user.',
  ).optional(),
};

export const sshDefaultsSchema = mapping(shared, 'How the nodes are reached, unless a node says otherwise.');

export const nodeSshSchema = mapping(
  {
    ...shared,
    hostKey: text(
      'Public host key of the machine, as in its /etc/ssh/ssh_host_ed25519_key.pub; pins it from the first connection.',
      judgeHostKey,
    ).optional(),
  },
  'How this node is reached, where it differs from cluster.ssh.',
);
