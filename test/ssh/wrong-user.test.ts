import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import Init from '../../src/commands/init.ts';
import Join from '../../src/commands/join.ts';
import NodesRemove from '../../src/commands/nodes/remove.ts';
import NodesReplace from '../../src/commands/nodes/replace.ts';
import Reset from '../../src/commands/reset.ts';
import { type Runnable, runCommand } from '../commands/support/run-command.ts';
import { makeKey, startServer, type TestServer } from './test-server.ts';

const key = makeKey();
const names = ['cp-1', 'cp-2', 'worker-1'];

/** A colleague's inventory has another SSH user, whom no host lets in. */
describe('every host refuses the login', { timeout: 60_000 }, () => {
  let directory = '';
  let inventory = '';
  let servers: readonly TestServer[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'kcluster-user-'));
    inventory = path.join(directory, 'inventory.yaml');
    servers = await Promise.all(names.map(() => startServer({ hostKeys: [key], userKeys: [] })));
    await writeFile(path.join(directory, 'key'), key.private, { mode: 0o600 });
    const nodes = names.map(
      (name, index) =>
        `  - { name: ${name}, address: 127.0.0.1, internalAddress: 192.0.2.${index + 1}, roles: [${name.startsWith('cp') ? 'control-plane' : 'worker'}], ssh: { port: ${servers[index]?.port}, hostKey: "${key.public.trim()}" } }`,
    );
    const cluster = `cluster: { name: theirs, kubernetesVersion: "1.37.1", ssh: { user: jane, identityFile: ${directory}/key } }`;
    await writeFile(inventory, `apiVersion: kcluster/v1alpha1\nkind: Inventory\n${cluster}\nnodes:\n${nodes.join('\n')}\n`);
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await rm(directory, { recursive: true });
  });

  test.each<[verb: string, command: Runnable, words: readonly string[]]>([
    ['init', Init, []],
    ['join', Join, []],
    ['nodes remove', NodesRemove, ['worker-1']],
    ['nodes remove --dead', NodesRemove, ['worker-1', '--dead']],
    ['nodes replace', NodesReplace, ['cp-1', 'cp-2']],
    ['reset', Reset, []],
  ])('%s ends with 4, names the user and every host it asked, and changes nothing', async (verb, command, words) => {
    const { code, err } = await runCommand(command, ...words, '--yes', '-i', inventory);
    const asked = verb.endsWith('--dead')
      ? names.filter((name) => name !== 'worker-1')
      : verb === 'nodes remove'
        ? ['cp-1', 'cp-2']
        : names;
    expect([code, asked.filter((name) => !err.includes(`${name}: cannot reach`)), err]).toEqual([
      4,
      [],
      expect.stringContaining('refused the login of jane'),
    ]);
    expect(servers.flatMap(({ execs }) => execs)).toEqual([]);
  });
});
