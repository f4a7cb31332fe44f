/** A deadline that stands still while a person is asked something. */
export class PausableTimer {
  readonly #onExpiry: () => void;
  #leftMs: number;
  #startedAt = 0;
  #handle: NodeJS.Timeout | undefined;
  #pauses = 0;
  #stopped = false;

  constructor(timeoutMs: number, onExpiry: () => void) {
    this.#leftMs = timeoutMs;
    this.#onExpiry = onExpiry;
    this.#resume();
  }

  async pausedDuring<T>(answer: Promise<T>): Promise<T> {
    if (this.#pauses++ === 0) this.#pause();
    try {
      return await answer;
    } finally {
      if (--this.#pauses === 0) this.#resume();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#handle);
  }

  #pause(): void {
    clearTimeout(this.#handle);
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#startedAt));
  }

  #resume(): void {
    if (this.#stopped) return;
    this.#startedAt = performance.now();
    this.#handle = setTimeout(this.#onExpiry, this.#leftMs);
  }
}
