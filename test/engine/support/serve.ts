import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served extends AsyncDisposable {
  readonly port: number;
  url(path: string): string;
}

/** An HTTP server on a free port of 127.0.0.1 that answers `/<status>` with that status. */
export async function serveStatuses(): Promise<Served> {
  const server = createServer((request, response) => {
    response.statusCode = Number(request.url?.slice(1));
    response.end('body that must not be printed\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A URL on which nothing listens: its port was free a moment ago. */
export async function unansweredUrl(): Promise<string> {
  await using served = await serveStatuses();
  return served.url('/200');
}
