import { type RequestOptions as HttpOptions, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Request {
  /** `https://10.0.0.1:6443/livez` */
  readonly url: string;
  readonly method?: string;
  /** Unix socket that leads to the host and port of the URL. */
  readonly socketPath?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

async function readBody(message: IncomingMessage): Promise<string> {
  message.setEncoding('utf8');
  let body = '';
  for await (const piece of message) body += piece;
  return body;
}

/** One HTTP request on a connection of its own, verified against `ca`; rejects when there is no HTTP answer. */
export function request({ url, method = 'GET', body = '', headers = {}, ...connection }: Request): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const start = url.startsWith('https:') ? httpsRequest : httpRequest;
  const options: HttpOptions = { method, headers, agent: false, timeout: 30_000, ...connection };
  const sent = start(url, options, (message) => {
    readBody(message).then((text) => resolve({ status: message.statusCode ?? 0, body: text }), reject);
  });
  sent.on('timeout', () => sent.destroy(new Error(`${url} does not answer`)));
  sent.on('error', reject);
  sent.end(body);
  return promise;
}
