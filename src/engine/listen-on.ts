import type { Host } from '../host/host.ts';
import { asKclusterError } from './failures.ts';
import { writeHushScript, writeListenScript } from './listen-script.ts';

/** Listeners of a test on one host; they are gone once `stop` has resolved. */
export interface Listening {
  /** Why nothing of it came up. */
  readonly failed?: string;
  stop(): Promise<void>;
}

interface Started {
  readonly pid: number;
  readonly failed?: string;
}

/** Listens on ports that nobody has, until stopped, or until the connection ends. Ports that somebody has are left to him. */
export async function listenOn(host: Host, address: string, ports: readonly number[], signal: AbortSignal): Promise<Listening> {
  const controller = new AbortController();
  const { promise: started, resolve } = Promise.withResolvers<Started>();
  const onLine = (line: string): void => {
    const [tag, value = ''] = line.split('\t');
    if (tag === 'ready') resolve({ pid: Number(value) });
    if (tag === 'failed') resolve({ pid: 0, failed: value });
  };
  const ended = host.follow(writeListenScript(address, ports), onLine, AbortSignal.any([signal, controller.signal])).then(
    (code) => ({ pid: 0, failed: `the listener ended with status ${code}` }),
    (error: unknown) => ({ pid: 0, failed: asKclusterError(error, host.node).message }),
  );
  const { pid, failed } = await Promise.race([started, ended]);
  const stop = async (): Promise<void> => {
    // Whoever starts etcd next must find its port free; where this fails, the end of the connection does it.
    if (pid > 0) await host.run(writeHushScript(pid), { title: 'stop listening', timeoutMs: 15_000 }).catch(() => undefined);
    controller.abort();
    await ended;
  };
  return { stop, ...(failed === undefined ? {} : { failed }) };
}
