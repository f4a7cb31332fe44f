import { randomBytes } from 'node:crypto';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readEndpoint } from '../../src/engine/endpoint-probe.ts';
import type { Probe } from '../../src/engine/probe.ts';
import { type Issued, issueAuthority } from '../../src/pki/issue-authority.ts';
import { issueLeaf } from '../../src/pki/issue-leaf.ts';
import { sampleRequest } from '../pki/sample.ts';
import { look } from './support/look.ts';
import { type Shell, shells } from './support/run-sh.ts';
import { Sandbox } from './support/sandbox.ts';
import { unansweredUrl } from './support/serve.ts';

const request = { commonName: 'toy-ca', days: 10, keyAlgorithm: 'ecdsa-p256' } as const;
let ours: Issued;
let others: Issued;
let sandbox: Sandbox;
beforeAll(async () => {
  [ours, others] = await Promise.all([issueAuthority(request, randomBytes, new Date()), issueAuthority(request, randomBytes, new Date())]);
});
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.dispose]());

interface Listening extends AsyncDisposable {
  readonly port: number;
}

async function listen(server: Server): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** An API server of that authority, with these names and addresses. */
async function serve(authority: Issued, names: readonly string[], addresses: readonly string[], status = 200): Promise<Listening> {
  const { certificate: cert, key } = await issueLeaf(
    sampleRequest({ names, addresses, usages: ['server'] }),
    authority,
    randomBytes,
    new Date(),
  );
  return listen(createTlsServer({ cert, key }, (_, response) => response.writeHead(status).end('secret words')));
}

function ask(shell: Shell, port: number, more: Partial<Extract<Probe, { kind: 'endpoint' }>> = {}) {
  const probe: Probe = {
    kind: 'endpoint',
    host: '127.0.0.1',
    port,
    path: '/readyz',
    caFile: sandbox.path('ca.crt'),
    serverName: 'kubernetes',
    ...more,
  };
  return look(sandbox, shell, [probe]).then(({ endpoint }) => endpoint);
}

const here = { addresses: ['127.0.0.1'] };

describe.each(shells)('what answers at the endpoint, by $name', (shell) => {
  test.each([200, 503])("this cluster's API server, %d", async (status) => {
    await using served = await serve(ours, ['kubernetes'], ['127.0.0.1'], status);
    expect(await ask(shell, served.port, { authority: ours.certificate })).toEqual({ ...here, result: 'verified', status, fault: '' });
  });

  test('judged by the authority on the host where no other is known', async () => {
    await using served = await serve(ours, ['kubernetes'], ['127.0.0.1']);
    sandbox.write('ca.crt', ours.certificate);
    expect(await ask(shell, served.port)).toMatchObject({ result: 'verified', status: 200 });
    sandbox.write('ca.crt', others.certificate);
    expect(await ask(shell, served.port)).toMatchObject({ result: 'foreign' });
    expect(await ask(shell, served.port, { authority: ours.certificate })).toMatchObject({ result: 'verified' });
  });

  test('without any authority: somebody, nothing more', async () => {
    await using served = await serve(ours, ['kubernetes'], ['127.0.0.1']);
    expect(await ask(shell, served.port)).toMatchObject({ result: 'unverified', status: 200 });
  });

  test("this cluster's API server, whose certificate does not name the endpoint", async () => {
    await using served = await serve(ours, ['kubernetes'], ['192.0.2.1']);
    expect(await ask(shell, served.port, { authority: ours.certificate })).toMatchObject({ ...here, result: 'unnamed', status: 200 });
  });

  test.each([
    ['that names the endpoint', ['127.0.0.1']],
    ['that does not', ['192.0.2.1']],
  ])("another cluster's, with a certificate %s", async (_, addresses) => {
    await using served = await serve(others, ['kubernetes'], addresses);
    expect(await ask(shell, served.port, { authority: ours.certificate })).toMatchObject({ result: 'foreign', status: 200 });
  });

  test('a balancer that takes connections and has nobody to pass them on to', async () => {
    await using served = await listen(createServer((socket) => socket.destroy()));
    expect(await ask(shell, served.port, { authority: ours.certificate })).toMatchObject({ ...here, result: 'closed' });
    expect(await ask(shell, served.port)).toMatchObject({ result: 'closed' });
  });

  test('nobody', async () => {
    const { port } = new URL(await unansweredUrl());
    expect(await ask(shell, Number(port))).toEqual({ ...here, result: 'refused', status: 0, fault: 'Connection refused' });
  });

  test('a name that is not known', async () => {
    expect(await ask(shell, 6443, { host: 'kcluster.invalid' })).toMatchObject({ addresses: [], result: 'closed' });
  });

  test('a proxy of the login is not asked', async () => {
    await using served = await serve(ours, ['kubernetes'], ['127.0.0.1']);
    sandbox.fake('curl', `https_proxy=${await unansweredUrl()} exec /usr/bin/curl "$@"`);
    expect(await ask(shell, served.port, { authority: ours.certificate })).toMatchObject({ result: 'verified' });
  });
});

test.each([
  ['28', '', 'silent', 'no answer in time'],
  ['7', 'No route to host;Failed to connect to h port 1 after 3055 ms: Could not connect;', 'silent', 'No route to host'],
  ['7', 'Connection refused;Failed to connect to h port 1 after 0 ms: Could not connect;', 'refused', 'Connection refused'],
  ['35', 'Recv failure: Connection reset by peer;', 'closed', 'Recv failure: Connection reset by peer'],
  ['52', 'Empty reply from server;', 'closed', 'Empty reply from server'],
])('status %s of curl (%s): %s, in words that are the same each time', (code, words, result, fault) => {
  expect(readEndpoint(['192.0.2.1 ', 'verified', code, '000', words])).toEqual({ addresses: ['192.0.2.1'], result, status: 0, fault });
});

test('hosts without getent or curl cannot be asked', () => {
  expect(readEndpoint(['?', 'untried', '0', '000', ''])).toEqual({ result: 'untried', status: 0, fault: '' });
});
