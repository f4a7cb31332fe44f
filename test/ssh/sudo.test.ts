import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Harness, type Setup } from './harness.ts';
import type { TestServerOptions } from './test-server.ts';

/** Behaves as sudo does with -n and with -S -p PROMPT, and writes down how often each was used. */
const fakeSudo = (log: string, mode: 'free' | 'password' | 'forbidden') => `#!/bin/sh
printf "%s\\n" "$1" >>${log}
case "${mode}$1" in
  free*) while [ "$1" != /bin/sh ]; do shift; done; exec "$@";;
  forbidden*) echo "sudo: admin is not in the sudoers file" >&2; exit 1;;
  password-n) echo "sudo: a password is required" >&2; exit 1;;
esac
prompt=$3
for try in 1 2 3; do
  printf %s "$prompt" >&2
  IFS= read -r answer || { echo "sudo: no password was provided" >&2; exit 1; }
  [ "$answer" = 'right $one' ] && { while [ "$1" != /bin/sh ]; do shift; done; exec "$@"; }
  echo "Sorry, try again." >&2
done
exit 1
`;

async function connect(
  harness: Harness,
  mode: 'free' | 'password' | 'forbidden' | 'missing',
  setup: Setup = {},
  options: Partial<TestServerOptions> = {},
) {
  const bin = join(harness.directory, 'bin');
  const log = join(harness.directory, 'sudo.log');
  await mkdir(bin);
  await writeFile(log, '');
  if (mode !== 'missing') await writeFile(join(bin, 'sudo'), fakeSudo(log, mode), { mode: 0o755 });
  // The real sudo of this machine must not be found.
  const environment = { PATH: mode === 'missing' ? bin : `${bin}:/usr/bin:/bin` };
  const server = await harness.server({ environment, ...options });
  const uses = async () => (await readFile(log, 'utf8')).trim().split('\n');
  return { server, uses, connecting: harness.connect(harness.node(server, { user: 'admin', become: 'sudo' }), setup) };
}

describe('with become: sudo', () => {
  test('no password is sent where none is needed', async () => {
    await using harness = await Harness.create();
    const { connecting, uses } = await connect(harness, 'free', {
      credentials: { sudoPassword: () => Promise.reject(new Error('asked')) },
    });
    const host = await connecting;
    expect(await host.run('echo a')).toMatchObject({ stdout: 'a\n' });
    expect(await uses()).toEqual(['-n']);
  });

  test('the password is asked for once, used by every shell, and never in a command line', async () => {
    await using harness = await Harness.create();
    const asked: number[] = [];
    const sudoPassword = async () => {
      asked.push(1);
      return 'right $one';
    };
    const { connecting, uses, server } = await connect(harness, 'password', { credentials: { sudoPassword } });
    const host = await connecting;
    const results = await Promise.all(Array.from({ length: 8 }, (_, index) => host.run(`sleep 0.1; echo ${index}`)));
    expect(results.map((result) => result.stdout)).toEqual(Array.from({ length: 8 }, (_, index) => `${index}\n`));
    expect(asked.length).toBe(1);
    expect(await uses()).toEqual(['-n', '-S', '-S', '-S', '-S']);
    expect(server.execs.join('\n')).not.toContain('right');
    expect(JSON.stringify(harness.log.entries)).not.toContain('right');
  });

  test('a wrong password is sent once only', async () => {
    await using harness = await Harness.create();
    const { connecting, uses } = await connect(harness, 'password', { credentials: { sudoPassword: async () => 'wrong' } });
    await expect(connecting).rejects.toMatchObject({
      name: 'UnreachableError',
      exitCode: 4,
      message: 'cp1: sudo refused the password of admin',
    });
    expect(await uses()).toEqual(['-n', '-S']);
  });

  test.each([
    ['a password is needed and nobody can be asked', 'password', /sudo asks admin for a password/, /NOPASSWD/],
    ['the user may not use sudo', 'forbidden', /^cp1: sudo refuses admin: .*not in the sudoers file$/, /in sudoers/],
    ['sudo is missing', 'missing', /ended before a shell came up: .*not found/, /sudo/],
  ] as const)('%s: refused with the reason', async (_title, mode, message, remedy) => {
    await using harness = await Harness.create();
    const { connecting } = await connect(harness, mode);
    await expect(connecting).rejects.toMatchObject({
      name: 'UnreachableError',
      exitCode: 4,
      message,
      details: { node: 'cp1', remedy: expect.stringMatching(remedy) },
    });
  });
});

test('a login that is not root is refused with what to set', async () => {
  await using harness = await Harness.create();
  const rewriteInput = (text: string) => text.replace(/\$\(id -u\)|"0"/, '1000');
  const server = await harness.server({ rewriteInput });
  await expect(harness.connect(harness.node(server, { user: 'admin' }))).rejects.toMatchObject({
    name: 'UnreachableError',
    message: 'cp1: logged in as admin, which is not root (user id 1000)',
    details: { remedy: 'Log in as root (ssh.user: root) or set ssh.become: sudo.' },
  });
});
