import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { SshSettings } from '../../src/cluster/cluster.ts';
import type { Host } from '../../src/host/host.ts';
import { createMemoryRunLog, type RunLogEntry } from '../../src/host/run-log.ts';
import { connectHost } from '../../src/host/ssh/connect-host.ts';
import { type CredentialsOptions, createCredentials } from '../../src/host/ssh/credentials.ts';
import { createHostKeyTrust, type HostKeyTrustOptions } from '../../src/host/ssh/host-key-trust.ts';
import type { SshNode } from '../../src/host/ssh/route.ts';
import { readUserSshConfig } from '../../src/host/ssh/user-ssh-config.ts';
import { makeKey, startServer, type TestServer, type TestServerOptions } from './test-server.ts';

/** Real processes on a busy machine; no test waits this long when all is well. */
vi.setConfig({ testTimeout: 30_000 });

export const hostKey = makeKey();
export const userKey = makeKey();

export interface Setup {
  readonly trust?: Partial<HostKeyTrustOptions>;
  readonly credentials?: CredentialsOptions;
  readonly connectTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly keepaliveMs?: number;
  readonly sshConfig?: string;
}

/** A directory, servers and connections that are gone after the test. */
export class Harness implements AsyncDisposable {
  readonly directory: string;
  readonly keyFile: string;
  readonly log: { readonly entries: readonly RunLogEntry[]; record(entry: RunLogEntry): void };
  readonly #servers: TestServer[] = [];
  readonly #hosts: Host[] = [];

  private constructor(directory: string) {
    this.directory = directory;
    this.keyFile = join(directory, 'user-key');
    this.log = createMemoryRunLog();
  }

  static async create(): Promise<Harness> {
    const harness = new Harness(await mkdtemp(join(tmpdir(), 'kcluster-ssh-')));
    await writeFile(harness.keyFile, userKey.private, { mode: 0o600 });
    return harness;
  }

  async server(options: Partial<TestServerOptions> = {}): Promise<TestServer> {
    const server = await startServer({ hostKeys: [hostKey], userKeys: [userKey], ...options });
    this.#servers.push(server);
    return server;
  }

  /** A node at the server, its key pinned unless said otherwise. */
  node(server: { readonly port: number }, ssh: Partial<SshSettings> = {}, name = 'cp1'): SshNode {
    const settings = {
      user: 'root',
      port: server.port,
      identityFile: this.keyFile,
      jump: [],
      become: 'none',
      hostKey: hostKey.public,
      ...ssh,
    } as const;
    return { name, address: '127.0.0.1', ssh: settings };
  }

  async options(setup: Setup = {}): Promise<Parameters<typeof connectHost>[1]> {
    return {
      trust: await createHostKeyTrust({ storeFile: join(this.directory, 'known_hosts'), knownHostsFiles: [], ...setup.trust }),
      credentials: createCredentials({ home: this.directory, ...setup.credentials }),
      sshConfig: await readUserSshConfig(setup.sshConfig ?? join(this.directory, 'no-config')),
      log: this.log,
      connectTimeoutMs: setup.connectTimeoutMs ?? 20_000,
      ...(setup.keepaliveMs === undefined ? {} : { keepaliveMs: setup.keepaliveMs }),
      ...(setup.signal === undefined ? {} : { signal: setup.signal }),
    };
  }

  async connect(node: SshNode, setup: Setup = {}): Promise<Host> {
    const host = await connectHost(node, await this.options(setup));
    this.#hosts.push(host);
    return host;
  }

  /** The usual case: a server and a connection to it. */
  async host(options: Partial<TestServerOptions> = {}, setup: Setup = {}): Promise<{ readonly host: Host; readonly server: TestServer }> {
    const server = await this.server(options);
    return { server, host: await this.connect(this.node(server), setup) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#hosts.map((host) => host.close()));
    await Promise.allSettled(this.#servers.map((server) => server.close()));
    // Scripts of a connection that was cut may still be cleaning up here.
    await rm(this.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
