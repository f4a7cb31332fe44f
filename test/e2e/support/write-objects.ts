import { Agent, request } from 'node:https';
import { type Identity, readKubeconfig } from './kubeconfig.ts';

/** Requests at once. */
const width = 40;

function post({ server, ca, cert, key }: Identity, agent: Agent, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { 'content-type': 'application/json' };
  const sent = request(`${server}/api/v1/namespaces/default/configmaps`, { method: 'POST', agent, ca, cert, key, headers }, (answer) => {
    answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/**
 * Makes ConfigMaps `<prefix>-<number>` one after the other, many at a time, until there are so many or `stop` says so; gives how many
 * were made for sure.
 */
export async function writeObjects(kubeconfig: string, prefix: string, count: number, stop: () => boolean = () => false): Promise<number> {
  const identity = readKubeconfig(kubeconfig);
  const agent = new Agent({ keepAlive: true, maxSockets: width });
  let [next, made] = [0, 0];
  const work = async (): Promise<void> => {
    while (next < count && !stop()) {
      const name = `${prefix}-${next++}`;
      const status = await post(
        identity,
        agent,
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { of: prefix } }),
      );
      if (status !== 201) throw new Error(`${name} was answered with ${status}`);
      made++;
    }
  };
  try {
    await Promise.all(Array.from({ length: width }, work));
  } finally {
    agent.destroy();
  }
  return made;
}
