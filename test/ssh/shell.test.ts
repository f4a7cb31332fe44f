import { describe, expect, test } from 'vitest';
import { Harness } from './harness.ts';

const shells = ['/bin/dash', '/bin/bash'];

describe.each(shells)('the shell loop under %s', (shell) => {
  const onExec = { loginShell: shell };

  test.each([
    ['output without newline', 'printf abc', { code: 0, stdout: 'abc', stderr: '' }],
    ['both streams', 'echo out; echo err >&2', { code: 0, stdout: 'out\n', stderr: 'err\n' }],
    ['an exit', 'echo a; exit 3; echo b', { code: 3, stdout: 'a\n', stderr: '' }],
  ])('%s', async (_title, script, wanted) => {
    await using harness = await Harness.create();
    const { host } = await harness.host(onExec);
    expect(await host.run(script)).toEqual(wanted);
    expect(await host.run('echo next')).toEqual({ code: 0, stdout: 'next\n', stderr: '' });
  });
});
