import type { Host, RunResult } from '../../../src/host/host.ts';

/** Hosts of which some answers are put in place of their own: by the title of what is run. */
export function intercepted(
  hosts: ReadonlyMap<string, Host>,
  answer: (title: string, node: string) => Partial<RunResult> | undefined,
): ReadonlyMap<string, Host> {
  const wrap = (host: Host): Host =>
    Object.create(host, {
      run: {
        value: async (...args: Parameters<Host['run']>): Promise<RunResult> => {
          const said = answer(args[1]?.title ?? '', host.node);
          return said === undefined ? host.run(...args) : { code: 0, stdout: '', stderr: '', ...said };
        },
      },
    });
  return new Map([...hosts].map(([name, host]) => [name, wrap(host)]));
}
