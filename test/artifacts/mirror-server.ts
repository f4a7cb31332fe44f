import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse, requestNumber: number) => void;

/** A web server on loopback: each path has a handler, or content that is served with ranges. */
export class MirrorServer {
  readonly requests: { readonly path: string; readonly range: string | undefined }[] = [];
  private readonly handlers = new Map<string, Handler>();
  readonly url: string;
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<MirrorServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const mirror = new MirrorServer(server);
    server.on('request', (request, response) => mirror.answer(request, response));
    return mirror;
  }

  handle(path: string, handler: Handler): void {
    this.handlers.set(`/${path}`, handler);
  }

  serve(path: string, content: string | Buffer): void {
    const bytes = Buffer.from(content);
    this.handle(path, (request, response) => sendRange(request, response, bytes));
  }

  count(path: string): number {
    return this.requests.filter((request) => request.path === `/${path}`).length;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    this.requests.push({ path, range: request.headers.range });
    const handler = this.handlers.get(path);
    if (handler === undefined) response.writeHead(404).end('not here');
    else handler(request, response, this.count(path.slice(1)));
  }
}

export function sendRange(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start === 0) {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  } else if (start >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  } else {
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-length': bytes.length - start, 'content-range': range }).end(bytes.subarray(start));
  }
}

/** Sends the first bytes of a longer file and then nothing: `cut` ends the connection. */
export function sendPart(response: ServerResponse, bytes: Buffer, count: number): { cut(): void } {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, count));
  return { cut: () => response.destroy() };
}
