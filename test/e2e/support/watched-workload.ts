import { createReader } from './api-reader.ts';
import { echoObjects } from './echo-objects.ts';
import { eventually } from './eventually.ts';
import { type Fed, Feeds } from './feeds.ts';
import type { OwnLab } from './own-lab.ts';
import { requestOf, startEcho } from './start-echo.ts';

/** Of pods that say goodbye, as workloads that must answer do. */
export const saysGoodbye = {
  pod: { terminationGracePeriodSeconds: 30 },
  container: { lifecycle: { preStop: { sleep: { seconds: 5 } } } },
};

/** Where the clients are: one asks the API through the balancer of its host, the other the Service. */
interface Clients {
  readonly api: string;
  readonly service: string;
}

/** What must be answered all the time, with one client each that asks for it without retries, at most 20 s a request. */
export class WatchedWorkload {
  readonly namespace: string;
  private readonly lab: OwnLab;
  private feeds: Feeds;

  constructor(lab: OwnLab, namespace: string) {
    this.lab = lab;
    this.namespace = namespace;
    this.feeds = new Feeds(lab, {});
  }

  /** Puts the pods on these workers; resolves once the Service answers and the clients ask. */
  async start(workers: readonly string[], clients: Clients): Promise<void> {
    const { lab, namespace } = this;
    await lab.importImage(workers, 'echo_1_amd64.tar');
    const address = await startEcho(lab, namespace, echoObjects(namespace, saysGoodbye));
    this.feeds = new Feeds(lab, {
      api: { host: clients.api, request: await createReader(lab, namespace, [clients.api]) },
      service: { host: clients.service, request: requestOf(address) },
    });
    await eventually(
      'the Service answers',
      () => lab.tryOn(clients.service, `curl -sSf -m 2 http://${address}/`),
      ({ code }) => code === 0,
    );
    await this.feeds.start();
  }

  /** How many of the two pods may not be taken away; resolves once the API says so. */
  async budget(minAvailable: number): Promise<void> {
    const { lab, namespace } = this;
    await lab.kubectl('cp1', `patch pdb echo -n ${namespace} --type=merge -p '{"spec":{"minAvailable":${minAvailable}}}'`);
    await eventually(
      'the budget counts',
      () => lab.kubectl('cp1', `get pdb echo -n ${namespace} -o 'jsonpath={.status.disruptionsAllowed}'`),
      (allowed) => allowed === String(2 - minAvailable),
    );
  }

  async read(): Promise<{ readonly api: Fed; readonly service: Fed }> {
    const { api, service } = await this.feeds.read();
    if (api === undefined || service === undefined) throw new Error('the clients were not started');
    return { api, service };
  }

  stop(): Promise<void> {
    return this.feeds.stop();
  }
}
