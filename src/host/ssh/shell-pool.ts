import type { Shell } from './shell.ts';

/** What a shell is wanted for; each lane has a bound, so that none starves the others. */
export type Lane = 'run' | 'upload' | 'download' | 'follow';

/** With the one channel kept free for killing: 8, where OpenSSH allows 10 (MaxSessions). */
const maxShells = 7;
const laneLimits: Readonly<Record<Lane, number>> = { run: 4, upload: 2, download: 2, follow: 2 };

/** The signal was aborted before a shell was free: nothing was sent. */
export class AbortedWait extends Error {}

interface Waiter {
  readonly lane: Lane;
  readonly resolve: (shell: Shell) => void;
  readonly reject: (error: unknown) => void;
}

/** Lends shells of one connection, one command each at a time, first come first served within a lane. */
export class ShellPool {
  readonly #start: () => Promise<Shell>;
  readonly #idle: Shell[] = [];
  readonly #busy = new Map<Shell, Lane>();
  readonly #waiters: Waiter[] = [];
  #starting = 0;
  /** Falls when the host refuses a further channel, for the reason kept beside it. */
  #limit = maxShells;
  #refusal: unknown;
  #closed: Error | undefined;

  /** `first` is a shell that is already up. */
  constructor(first: Shell, start: () => Promise<Shell>) {
    this.#idle.push(first);
    this.#start = start;
  }

  #inUse(lane: Lane): number {
    return [...this.#busy.values()].filter((each) => each === lane).length;
  }

  /** Runs `work` with a shell of its own; a shell that is closed afterwards is not lent again. */
  async use<T>(lane: Lane, signal: AbortSignal | undefined, work: (shell: Shell) => Promise<T>): Promise<T> {
    const shell = await this.#acquire(lane, signal);
    try {
      return await work(shell);
    } finally {
      this.#busy.delete(shell);
      if (shell.isOpen) this.#idle.push(shell);
      this.#dispatch();
    }
  }

  /** Everything that waits is rejected with `reason`, every shell closed. */
  close(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#rejectWaiters(reason);
    for (const shell of [...this.#idle.splice(0), ...this.#busy.keys()]) shell.discard(reason);
  }

  #acquire(lane: Lane, signal: AbortSignal | undefined): Promise<Shell> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(new AbortedWait());
    const { promise, resolve, reject } = Promise.withResolvers<Shell>();
    const waiter: Waiter = { lane, resolve, reject };
    const onAbort = () => {
      const at = this.#waiters.indexOf(waiter);
      if (at !== -1) this.#waiters.splice(at, 1);
      reject(new AbortedWait());
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiters.push(waiter);
    this.#dispatch();
    return promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  #dispatch(): void {
    for (const waiter of [...this.#waiters]) {
      if (this.#inUse(waiter.lane) >= laneLimits[waiter.lane]) continue;
      const shell = this.#takeIdle();
      if (shell === undefined) break;
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      this.#busy.set(shell, waiter.lane);
      waiter.resolve(shell);
    }
    this.#grow();
    this.#releaseStuck();
  }

  #takeIdle(): Shell | undefined {
    for (let shell = this.#idle.pop(); shell !== undefined; shell = this.#idle.pop()) {
      if (shell.isOpen) return shell;
    }
    return undefined;
  }

  /** Starts as many shells as waiters could use at once. */
  #grow(): void {
    const wanted = (['run', 'upload', 'download', 'follow'] as const)
      .map((lane) => Math.min(this.#waiters.filter((waiter) => waiter.lane === lane).length, laneLimits[lane] - this.#inUse(lane)))
      .reduce((sum, count) => sum + Math.max(0, count), 0);
    while (this.#starting < wanted && this.#starting + this.#busy.size + this.#idle.length < this.#limit) {
      this.#starting++;
      this.#start().then(
        (shell) => this.#started(shell),
        (error: unknown) => this.#failed(error),
      );
    }
  }

  #started(shell: Shell): void {
    this.#starting--;
    if (this.#closed === undefined) this.#idle.push(shell);
    else shell.discard(this.#closed);
    this.#dispatch();
  }

  /** A host that allows fewer channels is used with fewer. */
  #failed(error: unknown): void {
    this.#starting--;
    this.#refusal = error;
    this.#limit = Math.max(1, Math.min(this.#limit, this.#busy.size + this.#idle.length + this.#starting));
    if (this.#busy.size + this.#idle.length + this.#starting === 0) this.#rejectWaiters(error);
    else this.#releaseStuck();
  }

  /** Shells that follow may never come back: where the host allows no other, those who wait hear why. */
  #releaseStuck(): void {
    const isFull = this.#refusal !== undefined && this.#busy.size >= this.#limit;
    if (isFull && this.#starting === 0 && this.#idle.length === 0 && this.#inUse('follow') === this.#busy.size)
      this.#rejectWaiters(this.#refusal);
  }

  #rejectWaiters(reason: unknown): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
  }
}
